import { spawnTool, type ToolProcess, type ToolSpec } from './tool-process.js';

/** Starts a program that takes its work from its input; nobody looks at what it prints. */
export function spawnLoader(spec: ToolSpec): ToolProcess {
  const tool = spawnTool(spec);
  tool.stdout.resume();
  return tool;
}
