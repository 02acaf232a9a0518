// Preloaded into a measured process: writes the CPU time of its whole life to file descriptor 3.
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  require('node:fs').writeSync(3, String(user + system));
});
