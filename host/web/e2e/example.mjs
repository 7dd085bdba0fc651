// Sets an example up in a tenant from the files of its folder, as `examples/setup` does for the demo.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const examples = join(import.meta.dirname, '../../../examples');

export class Example {
  constructor(name) {
    this.folder = join(examples, name, 'data');
    this.ids = {};
  }

  async read(path) {
    try {
      return JSON.parse(await readFile(join(this.folder, path), 'utf8'));
    } catch (error) {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async list(folder) {
    const names = await readdir(join(this.folder, folder)).catch(() => []);
    return Promise.all(names.filter((name) => name.endsWith('.json')).sort().map(async (name) => [name.slice(0, -5), await this.read(join(folder, name))]));
  }

  /** With ids in place of the texts `@NAME`. */
  filled(value) {
    if (typeof value === 'string' && value.startsWith('@')) return this.ids[value.slice(1)];
    if (Array.isArray(value)) return value.map((one) => this.filled(one));
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.filled(one)]));
    return value;
  }

  async setUp(tenant) {
    const { client } = tenant;
    const put = (path, body) => client.good('PUT', path, this.filled(body));
    for (const [name, role] of await this.list('roles')) await put(`/v1/roles/${name}`, role);
    const { people = [], departments = [], teams = [] } = (await this.read('people.json')) ?? {};
    for (const { name, title } of departments) this.ids[name] = (await client.good('POST', '/v1/departments', { name: title })).id;
    for (const { name, title, roles, department } of people) this.ids[name] = (await tenant.person(name, title, roles, department ? [this.ids[department]] : [])).id;
    for (const { name, title, lead } of departments) await put(`/v1/departments/${this.ids[name]}`, { name: title, lead: lead ? this.ids[lead] : null });
    for (const { name, title, members } of teams) this.ids[name] = (await client.good('POST', '/v1/teams', { name: title, members: members.map((one) => this.ids[one]) })).id;
    for (const [name, calendar] of await this.list('calendars')) await put(`/v1/calendars/${name}`, calendar);
    const collections = await this.list('collections');
    for (const [name, { title }] of collections) await put(`/v1/collections/${name}`, { title });
    for (const [name, { definition }] of collections) {
      if (!definition) continue;
      await put(`/v1/collections/${name}/draft`, definition);
      await client.good('POST', `/v1/collections/${name}/publish`, {});
    }
    for (const [name, template] of await this.list('templates')) await put(`/v1/notice-templates/${name}`, template);
    for (const [name, draft] of await this.list('deployments')) await client.good('POST', `/v1/deployments/${name}/versions`, this.filled({ ...draft, component: await tenant.upload(draft.component) }));
    for (const [name, records] of await this.list('records')) {
      for (const [id, record] of Object.entries(records)) await put(`/v1/collections/${name}/records/${id}`, record);
    }
    for (const [name, process] of await this.list('workflows')) {
      const { versions, grants, settings = {}, roles } = process;
      await client.good('POST', `/v1/deployments/${name}/versions`, { component: await tenant.upload(versions[0]), grants, settings });
      await put(`/v1/workflows/${name}/draft`, {});
      for (const [role, binding] of Object.entries(roles)) await put(`/v1/workflows/${name}/roles/${role}`, binding);
      await client.good('POST', `/v1/workflows/${name}/publish`, {});
    }
    return this;
  }
}
