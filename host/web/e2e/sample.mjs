// An organisation to try the app with: people, a tree of departments, records, and workflows under way.

export async function sample(platform, slug = 'acme', name = 'Acme Machines') {
  const tenant = await platform.tenant(slug, name);
  const { client } = tenant;
  const [production, office] = [
    await client.good('POST', '/v1/departments', { name: 'Production' }),
    await client.good('POST', '/v1/departments', { name: 'Office' }),
  ];
  const assembly = await client.good('POST', '/v1/departments', { name: 'Assembly', parent: production.id });
  const ann = await tenant.person('ann', 'Ann Archer', ['member'], [office.id]);
  const bob = await tenant.person('bob', 'Bob Brandt', ['member'], [assembly.id]);
  const eve = await tenant.person('eve', 'Eve Endres', ['developer'], [office.id]);
  await client.good('PUT', `/v1/departments/${office.id}`, { name: 'Office', lead: ann.id });
  await client.good('POST', '/v1/teams', { name: 'Night shift', lead: bob.id, members: [bob.id, ann.id] });
  await client.good('PUT', '/v1/notice-templates/please-approve', {
    languages: { en: { subject: 'Please approve {{ data }}', text: 'An order waits for you.' }, de: { subject: 'Bitte freigeben: {{ data }}', text: 'Eine Bestellung wartet.' } },
  });
  await tenant.workflow('two-levels', 'two-levels', { lead: { users: [ann.id, eve.id] }, board: { users: [bob.id, ann.id] } });
  await tenant.workflow('approval', 'approval', { manager: { users: [ann.id], rules: ['manager-of-starter'] } });
  await tenant.workflow('parallel', 'parallel', { buyer: { users: [ann.id, bob.id] }, tester: { users: [ann.id] } });
  await tenant.collection('machines', 'Machines', machines);
  for (const [index, [title, site, price]] of MACHINES.entries()) {
    await client.good('PUT', `/v1/collections/machines/records/M-${100 + index}`, {
      name: title, site, status: index % 4 === 3 ? 'stopped' : 'running', price: { amount: price, currency: 'EUR' }, bought: `20${19 + (index % 6)}-0${1 + (index % 9)}-15`, rating: 1 + (index % 5), 'in-use': index % 4 !== 3,
    });
  }
  return { tenant, ann, bob, eve, departments: { production, office, assembly } };
}

const MACHINES = [
  ['Lathe CTX 450', 'Hall 1', '184000.00'], ['Milling centre DMU 50', 'Hall 1', '239500.00'], ['Press HPX 60', 'Hall 2', '98000.50'],
  ['Compressor GA 37', 'Cellar', '31200.00'], ['Robot KR 210', 'Hall 2', '87400.00'], ['Welding cell W7', 'Hall 3', '142000.00'],
  ['Laser cutter L3030', 'Hall 3', '412000.00'], ['Bending press V130', 'Hall 2', '156700.00'], ['Forklift E20', 'Yard', '28900.00'],
  ['Crane 5 t', 'Hall 1', '44000.00'], ['Chiller C12', 'Cellar', '19800.00'], ['Packaging line P4', 'Hall 4', '203000.00'],
];

const machines = {
  schema: {
    type: 'object',
    required: ['name', 'status'],
    properties: {
      name: { 'x-kind': 'text', title: 'Name', minLength: 3 },
      site: { 'x-kind': 'text', title: 'Site' },
      status: { 'x-kind': 'select', title: 'Status', oneOf: [{ const: 'running', title: 'Running' }, { const: 'stopped', title: 'Stopped' }, { const: 'scrapped', title: 'Scrapped' }] },
      reason: { 'x-kind': 'long-text', title: 'Why it stands still' },
      price: { 'x-kind': 'money', title: 'Price' },
      bought: { 'x-kind': 'date', title: 'Bought on' },
      rating: { 'x-kind': 'rating', title: 'Condition' },
      'in-use': { 'x-kind': 'yes-no', title: 'In use' },
      keeper: { 'x-kind': 'user', title: 'Who looks after it' },
      parts: { 'x-kind': 'table', title: 'Spare parts', items: { type: 'object', required: ['part'], properties: { part: { 'x-kind': 'text', title: 'Part' }, quantity: { 'x-kind': 'number', title: 'Quantity' }, price: { 'x-kind': 'decimal', title: 'Price each' }, total: { 'x-kind': 'calculated', title: 'Total', 'x-formula': 'quantity * price' } } } },
    },
  },
  layout: {
    type: 'Categorization',
    elements: [
      { type: 'Category', label: 'Machine', elements: [
        { type: 'Control', scope: '#/properties/name' },
        { type: 'HorizontalLayout', elements: [{ type: 'Control', scope: '#/properties/site' }, { type: 'Control', scope: '#/properties/bought' }] },
        { type: 'Control', scope: '#/properties/status' },
        { type: 'Control', scope: '#/properties/reason', rule: { effect: 'SHOW', condition: { scope: '#/properties/status', schema: { const: 'stopped' } } } },
      ] },
      { type: 'Category', label: 'Value and care', elements: [
        { type: 'HorizontalLayout', elements: [{ type: 'Control', scope: '#/properties/price' }, { type: 'Control', scope: '#/properties/rating' }] },
        { type: 'Control', scope: '#/properties/in-use' },
        { type: 'Control', scope: '#/properties/keeper' },
        { type: 'Control', scope: '#/properties/parts' },
      ] },
    ],
  },
  indexes: [{ fields: ['status'] }, { fields: ['name'] }],
  search: ['name', 'site'],
};
