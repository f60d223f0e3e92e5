// What a real client's script needs besides its client: the mock's control plane, a listener for notifications, a record of steps.

const fs = require('fs');
const http = require('http');
const path = require('path');

const URL_ = process.env.MOCK_URL;
const KEYS = process.env.MOCK_KEYS;
const MODE = process.env.MOCK_MODE;
const PATIENCE = 10000;

/** A file of the folder of keys. */
const text = (name) => fs.readFileSync(path.join(KEYS, name), 'utf-8');
// Of TOML, channel.toml uses `name = "value"` alone.
const FACTS = Object.fromEntries([...text('channel.toml').matchAll(/^(\w+) = "(.*)"$/gm)].map((found) => [found[1], found[2]]));

/** Ask the control plane; with content by POST, without by GET. */
const control = (target, content) => new Promise((resolve, reject) => {
  const request = http.request(`${URL_}/_mock/${target}`, { method: content ? 'POST' : 'GET', timeout: PATIENCE }, (reply) => {
    const parts = [];
    reply.on('data', (part) => parts.push(part));
    reply.on('end', () => {
      const answer = Buffer.concat(parts).toString();
      if (reply.statusCode === 200) resolve(JSON.parse(answer));
      else reject(new Error(`${target}: ${reply.statusCode} ${answer}`));
    });
  });
  request.on('error', reject);
  request.end(content && JSON.stringify(content));
});

/** Do one step of the life cycle and record what came of it; a step that throws is a step that failed. */
const step = async (name, wanted, act) => {
  let got;
  try {
    got = await act();
  } catch (error) {
    got = `raised ${error.name}: ${error.message}`;
  }
  fs.appendFileSync(process.env.MOCK_STEPS, `${JSON.stringify({ step: name, wanted, got: String(got) })}\n`);
};

/** The merchant's notify_url on this machine: takes everything and keeps it in order. */
const listen = () => new Promise((resolve) => {
  const letters = [];
  const server = http.createServer((request, reply) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      letters.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      reply.writeHead(204).end();
    });
  });
  server.unref();
  const letter = async () => {
    for (let waited = 0; !letters.length; waited += 20) {
      if (waited > PATIENCE) throw new Error('no notification came');
      await new Promise((after) => { setTimeout(after, 20); });
    }
    return letters.shift();
  };
  server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}/notify`, letter }));
});

module.exports = { URL: URL_, KEYS, MODE, FACTS, text, control, step, listen };
