// The real program in a folder of its own, with tenants, people and workflows, set up over HTTP as its users do.

import { spawn, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../../..');
export const PASSWORD = 'fleeting blue moons';

function program() {
  const named = process.env.SIGNALSYNC_PROGRAM;
  const found = [named, join(root, 'target/debug/signalsync'), join(root, 'target/release/signalsync')].find((path) => path && existsSync(path));
  if (!found) throw new Error('the program is not built; name it in SIGNALSYNC_PROGRAM');
  return found;
}

export const component = (name) => readFile(join(root, 'target/components', `${name}.wasm`));

export class Client {
  constructor(port, host, key) {
    Object.assign(this, { port, host, key });
  }

  async send(method, path, body, headers = {}) {
    const raw = Buffer.isBuffer(body);
    const data = body === undefined || raw ? body : JSON.stringify(body);
    const all = { host: this.host, ...(this.key ? { authorization: `Bearer ${this.key}` } : {}), ...(data === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) }), ...headers };
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: this.port, method, path, headers: all }, (answer) => {
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString();
          let json;
          try { json = JSON.parse(text); } catch { json = undefined; }
          resolve({ status: answer.statusCode, headers: answer.headers, text, json });
        });
      });
      asked.on('error', reject);
      asked.end(data);
    });
  }

  async good(method, path, body, headers) {
    const answer = await this.send(method, path, body, headers);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }
}

export class Platform {
  static async start(more = '') {
    const platform = new Platform();
    platform.folder = await mkdtemp(join(tmpdir(), 'web-'));
    const configuration = join(platform.folder, 'signalsync.toml');
    await writeFile(configuration, `data = "${join(platform.folder, 'data')}"\nbase_domain = "localhost"\nlisten = "127.0.0.1:0"\n${more}\n`);
    platform.operator = execFileSync(program(), ['operator-key', '--name', 'tests', '--config', configuration]).toString().trim();
    await platform.resume();
    return platform;
  }

  async resume(port = 0) {
    const configuration = join(this.folder, 'signalsync.toml');
    if (port) await writeFile(configuration, (await readFile(configuration, 'utf8')).replace(/listen = .*/, `listen = "127.0.0.1:${port}"`));
    this.process = spawn(program(), ['serve', '--config', configuration], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.log = '';
    this.process.stderr.on('data', (part) => (this.log += part));
    const lines = createInterface({ input: this.process.stdout });
    this.port = await new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        this.log += `${line}\n`;
        const found = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
        if (found) resolve(Number(found[1]));
      });
      this.process.on('exit', () => reject(new Error(`the host ended:\n${this.log}`)));
    });
  }

  kill() {
    return new Promise((resolve) => {
      if (this.process.exitCode !== null) return resolve();
      this.process.once('exit', resolve);
      this.process.kill('SIGKILL');
    });
  }

  async stop() {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  console() {
    return new Client(this.port, 'console.localhost', this.operator);
  }

  async tenant(slug, name) {
    await this.console().good('POST', '/v1/tenants', { slug, tier: 'standard', organisation: { name } });
    const key = await this.console().good('POST', `/v1/tenants/${slug}/keys`, { name: 'tests', roles: ['administrator'] });
    const tenant = new Tenant(this, slug, new Client(this.port, `${slug}.localhost`, key.secret));
    await tenant.person('root', 'Rosa Root', ['administrator']);
    return tenant;
  }
}

export class Tenant {
  constructor(platform, slug, client) {
    Object.assign(this, { platform, slug, client, people: {} });
  }

  /** Somebody who can sign in with the one password of all tests. */
  async person(mailName, name, roles, departments = []) {
    const mail = `${mailName}@${this.slug}.example`;
    const opened = await this.platform.console().good('POST', `/v1/tenants/${this.slug}/break-glass`, { mail, name });
    const token = opened.link.split('#')[1];
    const guest = new Client(this.client.port, this.client.host);
    await guest.good('POST', '/v1/activate', { token, password: PASSWORD, name });
    const { id } = opened.person;
    await this.client.good('PATCH', `/v1/people/${id}`, { roles, departments, 'break-glass': false });
    this.people[mailName] = { id, mail, name };
    return this.people[mailName];
  }

  async collection(name, title, definition) {
    await this.client.good('PUT', `/v1/collections/${name}`, { title });
    if (!definition) return;
    const saved = await this.client.good('PUT', `/v1/collections/${name}/draft`, definition);
    if (saved.violations.length) throw new Error(JSON.stringify(saved.violations));
    await this.client.good('POST', `/v1/collections/${name}/publish`, {});
  }

  /** Uploads a component, and waits until it is checked: a busy machine compiles for longer than an upload waits. */
  async upload(name) {
    const { digest } = await this.client.good('POST', '/v1/components', await component(name), { 'content-type': 'application/wasm' });
    for (let looks = 0; looks < 600; looks += 1) {
      const { state, detail } = await this.client.good('GET', `/v1/components/${digest}`);
      if (state === 'ready') return digest;
      if (state === 'refused') throw new Error(`${name}: ${detail}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`${name} is still being checked`);
  }

  async deploy(name, guest, more = {}) {
    const draft = { component: await this.upload(guest), grants: { storage: {}, files: {}, http: [] }, ...more };
    return this.client.good('POST', `/v1/deployments/${name}/versions`, draft);
  }

  async workflow(name, guest, bindings) {
    await this.deploy(name, guest);
    await this.client.good('PUT', `/v1/workflows/${name}/draft`, {});
    for (const [role, binding] of Object.entries(bindings)) await this.client.good('PUT', `/v1/workflows/${name}/roles/${role}`, binding);
    await this.client.good('POST', `/v1/workflows/${name}/publish`, {});
  }
}
