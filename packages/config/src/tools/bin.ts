#!/usr/bin/env node
import { runTool } from './run-tool.js';

runTool(process.argv.slice(2), { out: console.log, env: process.env, cwd: process.cwd() }).then((code) => {
  process.exitCode = code;
});
