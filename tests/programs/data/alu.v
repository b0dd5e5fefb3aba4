// A small processor core for the synthesis test: an accumulator machine with eight operations.
module alu(input [2:0] op, input [15:0] a, input [15:0] b, output reg [15:0] y, output zero);
  always @(*)
    case (op)
      3'd0: y = a + b;
      3'd1: y = a - b;
      3'd2: y = a & b;
      3'd3: y = a | b;
      3'd4: y = a ^ b;
      3'd5: y = a << b[3:0];
      3'd6: y = a >> b[3:0];
      default: y = b;
    endcase
  assign zero = y == 16'd0;
endmodule

module core(input clk, input reset, input [18:0] instruction, output [15:0] acc, output reg [7:0] pc);
  reg [15:0] accumulator;
  wire [15:0] result;
  wire zero;
  alu unit(.op(instruction[18:16]), .a(accumulator), .b(instruction[15:0]), .y(result), .zero(zero));
  always @(posedge clk)
    if (reset) begin
      accumulator <= 16'd0;
      pc <= 8'd0;
    end else begin
      accumulator <= result;
      pc <= zero ? instruction[7:0] : pc + 8'd1;
    end
  assign acc = accumulator;
endmodule
