// A separable blur with a data-dependent loop, for the shader translation test.
struct Params {
  width: u32,
  height: u32,
  radius: u32,
  gain: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> target_pixels: array<f32>;

fn weight(distance: i32) -> f32 {
  return exp(-f32(distance * distance) / (2.0 * max(f32(params.radius), 1.0)));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.width || id.y >= params.height) { return; }
  let reach = i32(params.radius);
  var sum: f32 = 0.0;
  var total: f32 = 0.0;
  for (var d: i32 = -reach; d <= reach; d = d + 1) {
    let x = clamp(i32(id.x) + d, 0, i32(params.width) - 1);
    let w = weight(d);
    sum = sum + w * source[id.y * params.width + u32(x)];
    total = total + w;
  }
  target_pixels[id.y * params.width + id.x] = params.gain * sum / total;
}
