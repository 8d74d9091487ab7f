/** What HEALTHCHECK of the image runs: exit code 0 where the service in this container answers, 1 where it does not. */
const { HOST = '127.0.0.1', PORT = '3000' } = process.env;

/** To whom all addresses are open this one is, too. */
const EVERYWHERE = new Set(['0.0.0.0', '::', '']);

const host = EVERYWHERE.has(HOST) ? '127.0.0.1' : HOST.includes(':') ? `[${HOST}]` : HOST;
const isAlive = await fetch(`http://${host}:${PORT}/livez`).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(isAlive ? 0 : 1);
