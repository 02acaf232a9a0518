// Express 4 is installed under another name, and what we use of it has the types of Express 5.
declare module 'express4' {
  import express from 'express';

  export default express;
}
