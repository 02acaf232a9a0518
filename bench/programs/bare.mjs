// A process that does nothing, as an ES module: what every other program costs at least.
