// A host with something in it, to look at the built app: `node e2e/dev.mjs`, then http://acme.localhost:8088.

import { Platform, PASSWORD } from './platform.mjs';
import { sample } from './sample.mjs';
import { serve } from './serve.mjs';

const platform = await Platform.start();
const { tenant, eve } = await sample(platform);
await platform.tenant('globex', 'Globex');
const proxy = await serve(platform.port, Number(process.env.PORT ?? 8088));
const starter = (await tenant.client.good('POST', '/v1/keys', { name: 'start', roles: ['developer'] })).secret;
void starter;
console.log(JSON.stringify({ port: proxy.port, password: PASSWORD, people: tenant.people, eve: eve.mail, operator: platform.operator, host: platform.port }, null, 2));
process.on('SIGTERM', async () => { await proxy.close(); await platform.stop(); process.exit(0); });
process.on('SIGINT', async () => { await proxy.close(); await platform.stop(); process.exit(0); });
