export const shout = (s: string): string => s.toUpperCase() + "!";
export const pad = (s: string, width: number): string => s.padStart(width, "0");
export const whisper = (s: string): string => s.toLowerCase();
