// The life cycle by alipay-sdk, the official client for Node: gateway and REST protocol, in both modes of keys, by its own API.

const http = require('http');
const zlib = require('zlib');
const crypto = require('crypto');

const { AlipaySdk } = require('alipay-sdk');
const {
  URL: origin, FACTS, text, control, step,
} = require('../steps.js');

const WAYS = ['gateway', 'rest'].flatMap((protocol) => [false, true].map((certified) => ({ protocol, certified })));
const READ = ['fund.trans.common.query', 'fund.account.query', 'data.dataservice.bill.downloadurl.query'];

/** The client, with nothing of its own changed but addresses and keys. */
const client = ({ certified }, changes = {}) => new AlipaySdk({
  appId: FACTS.app_id,
  privateKey: text('app_private_key_pkcs1.pem'),
  gateway: `${origin}/gateway.do`,
  endpoint: origin,
  camelcase: false,
  encryptKey: FACTS.aes_key,
  ...(certified ? {
    appCertContent: text('app_cert.pem'),
    alipayPublicCertContent: text('alipay_cert.pem'),
    alipayRootCertContent: text('alipay_root_cert.pem'),
  } : { alipayPublicKey: text('alipay_public_key.pem') }),
  ...changes,
});

/** Ask for one operation, and return what came of it: its fields, or the code alone. */
const ask = async (way, name, biz, { notify, sealed, changes } = {}) => {
  const sdk = client(way, changes);
  if (way.protocol === 'gateway') {
    // Of a sealed answer this client cannot cut out what was signed.
    const params = { bizContent: biz, ...(notify && { notifyUrl: notify }), ...(sealed && { needEncrypt: true }) };
    const answer = await sdk.exec(`alipay.${name}`, params, { validateSign: !sealed });
    return answer.code === '10000' ? { ...answer, code: 'ok' } : { ...answer, code: answer.sub_code || answer.code };
  }
  const path = `/v3/alipay/${name.replaceAll('.', '/')}`;
  try {
    const { data, responseHttpStatus: status } = READ.includes(name)
      ? await sdk.curl('GET', path, { query: biz })
      : await sdk.curl('POST', path, { body: { ...biz, ...(notify && { notify_url: notify }) }, needEncrypt: sealed });
    return { ...data, code: status === 202 ? '10003' : 'ok' };
  } catch (error) {
    if (error.responseHttpStatus >= 400) return { code: error.code };
    throw error;
  }
};

/** Go through all ways, each with numbers of its own; they have to come out alike. */
const each = (act, ways = WAYS) => async () => {
  const got = new Set();
  for (const way of ways) got.add(await act(way, `js_${way.protocol}_${way.certified ? 'cert' : 'key'}`));
  return [...got].join(' | ');
};

/** The merchant's notify_url on this machine. */
const listening = { says: 'success', letters: [] };
const server = http.createServer((request, reply) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    listening.letters.push(Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString())));
    reply.end(listening.says);
  });
});
server.unref();

const letter = async (number) => {
  for (let waited = 0; waited < 10000; waited += 20) {
    const at = listening.letters.findIndex((one) => one.out_trade_no === number);
    if (at >= 0) return listening.letters.splice(at, 1)[0];
    await new Promise((after) => { setTimeout(after, 20); });
  }
  throw new Error(`no notification of ${number} came`);
};

const order = (number, more = {}) => ({
  out_trade_no: number, total_amount: '1.00', subject: '一壶茶和点心', ...more,
});
const code = { auth_code: '28763443825664394', scene: 'bar_code' };

/** The first entry of an archive whose names are GBK: Node has no reader of its own. */
const firstEntry = (archive) => {
  const [packed, named, extra] = [archive.readUInt32LE(18), archive.readUInt16LE(26), archive.readUInt16LE(28)];
  const gbk = new TextDecoder('gbk');
  const start = 30 + named + extra;
  return { name: gbk.decode(archive.subarray(30, 30 + named)), text: gbk.decode(zlib.inflateRawSync(archive.subarray(start, start + packed))) };
};

const main = async () => {
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  const notify = `http://127.0.0.1:${server.address().port}/notify?shop=1`;

  await step('order', 'ok https://qr.alipay.com/', each(async (way, number) => {
    const made = await ask(way, 'trade.precreate', order(number), { notify });
    return `${made.code} ${made.qr_code.slice(0, 22)}`;
  }));
  await step('query unscanned', 'ACQ.TRADE_NOT_EXIST', each(async (way, number) => (await ask(way, 'trade.query', { out_trade_no: number })).code));
  await step('payment notified', 'true TRADE_SUCCESS 1.00', each(async (way, number) => {
    await control(`alipay/orders/${number}/pay`, {});
    const told = await letter(number);
    return `${client(way).checkNotifySignV2(told)} ${told.trade_status} ${told.total_amount}`;
  }));
  await step('query paid', 'ok TRADE_SUCCESS 1.00', each(async (way, number) => {
    const shown = await ask(way, 'trade.query', { out_trade_no: number });
    return `${shown.code} ${shown.trade_status} ${shown.total_amount}`;
  }));
  await step('success ends it', 'true', async () => {
    await new Promise((after) => { setTimeout(after, 200); });
    return (await control('notifications')).alipay.every((one) => one.taken);
  });
  await step('forged notification', 'false', each(async (way, number) => {
    const { number: first } = (await control('notifications')).alipay.find((one) => one.about === number);
    await control(`alipay/notifications/${first}/forge`, {});
    return client(way).checkNotifySignV2(await letter(number));
  }));
  await step('payment code', 'ok 1.00', each(async (way, number) => {
    const paid = await ask(way, 'trade.pay', order(`${number}_code`, code));
    return `${paid.code} ${paid.receipt_amount}`;
  }));
  await step('payer waits', '10003 WAIT_BUYER_PAY TRADE_SUCCESS', each(async (way, number) => {
    const asked = await ask(way, 'trade.pay', order(`${number}_wait`, { ...code, total_amount: '1000.01' }));
    const waiting = await ask(way, 'trade.query', { out_trade_no: `${number}_wait` });
    await control(`alipay/orders/${number}_wait/pay`, {});
    const paid = await ask(way, 'trade.query', { out_trade_no: `${number}_wait` });
    return `${asked.code} ${waiting.trade_status} ${paid.trade_status}`;
  }));
  await step('close', 'ok TRADE_CLOSED', each(async (way, number) => {
    await ask(way, 'trade.create', order(`${number}_close`, { buyer_id: '2088000000000001' }));
    const closed = await ask(way, 'trade.close', { out_trade_no: `${number}_close` });
    return `${closed.code} ${(await ask(way, 'trade.query', { out_trade_no: `${number}_close` })).trade_status}`;
  }));
  await step('cancel', 'ok refund', each(async (way, number) => {
    const undone = await ask(way, 'trade.cancel', { out_trade_no: `${number}_code` });
    return `${undone.code} ${undone.action}`;
  }));
  const part = (number) => ({ out_trade_no: number, out_request_no: `${number}_r1`, refund_amount: '0.30' });
  await step('refund', 'ok Y 0.30', each(async (way, number) => {
    const back = await ask(way, 'trade.refund', part(number));
    return `${back.code} ${back.fund_change} ${back.refund_fee}`;
  }));
  await step('refund again', 'ok N ACQ.DISCORDANT_REPEAT_REQUEST', each(async (way, number) => {
    const again = await ask(way, 'trade.refund', part(number));
    return `${again.code} ${again.fund_change} ${(await ask(way, 'trade.refund', { ...part(number), refund_amount: '0.31' })).code}`;
  }));
  await step('refund query', 'ok REFUND_SUCCESS 0.30', each(async (way, number) => {
    const shown = await ask(way, 'trade.fastpay.refund.query', { out_trade_no: number, out_request_no: `${number}_r1` });
    return `${shown.code} ${shown.refund_status} ${shown.refund_amount}`;
  }));
  await step('refund notified', 'true TRADE_SUCCESS 0.30', each(async (way, number) => {
    const told = await letter(number);
    return `${client(way).checkNotifySignV2(told)} ${told.trade_status} ${told.refund_fee}`;
  }));
  const transfer = (number, more = {}) => ({
    out_biz_no: number, trans_amount: '2.00', product_code: 'TRANS_ACCOUNT_NO_PWD', biz_scene: 'DIRECT_TRANSFER', order_title: '佣金',
    payee_info: { identity: '2088123456781234', identity_type: 'ALIPAY_USER_ID' }, ...more,
  });
  const certified = WAYS.filter((way) => way.certified);
  await step('transfer', 'ok SUCCESS', each(async (way, number) => {
    const sent = await ask(way, 'fund.trans.uni.transfer', transfer(number));
    return `${sent.code} ${sent.status}`;
  }, certified));
  await step('transfer query', 'ok SUCCESS 2.00', each(async (way, number) => {
    const shown = await ask(way, 'fund.trans.common.query', { out_biz_no: number, product_code: 'TRANS_ACCOUNT_NO_PWD', biz_scene: 'DIRECT_TRANSFER' });
    return `${shown.code} ${shown.status} ${shown.trans_amount}`;
  }, certified));
  await step('card', 'DEALING SUCCESS REFUND', each(async (way, number) => {
    const payee = { identity: '6222020000000000000', identity_type: 'BANKCARD_ACCOUNT', name: '测试', bankcard_ext_info: { account_type: '2', inst_name: '测试银行' } };
    const sent = await ask(way, 'fund.trans.uni.transfer', transfer(`${number}_card`, { product_code: 'TRANS_BANKCARD_NO_PWD', payee_info: payee }));
    await control(`alipay/transfers/${number}_card/confirm`, {});
    const asked = { out_biz_no: `${number}_card`, product_code: 'TRANS_BANKCARD_NO_PWD', biz_scene: 'DIRECT_TRANSFER' };
    const there = await ask(way, 'fund.trans.common.query', asked);
    await control(`alipay/transfers/${number}_card/return`, {});
    return `${sent.status} ${there.status} ${(await ask(way, 'fund.trans.common.query', asked)).status}`;
  }, certified));
  await step('balance', 'ok true', each(async (way) => {
    const shown = await ask(way, 'fund.account.query', { account_type: 'ACCTRANS_ACCOUNT', alipay_user_id: FACTS.seller_id });
    return `${shown.code} ${Number(shown.available_amount) > 9999000}`;
  }));
  const pages = WAYS.filter((way) => way.protocol === 'gateway');
  await step('page', '200 true TRADE_SUCCESS', each(async (way, number) => {
    const biz = order(`${number}_page`, { product_code: 'FAST_INSTANT_TRADE_PAY' });
    const form = client(way).pageExec('alipay.trade.page.pay', { method: 'POST', bizContent: biz });
    const url = client(way).pageExec('alipay.trade.page.pay', { method: 'GET', bizContent: biz });
    const shown = await fetch(url);
    await control(`alipay/orders/${number}_page/pay`, {});
    return `${shown.status} ${form.includes(`${origin}/gateway.do`)} ${(await ask(way, 'trade.query', { out_trade_no: `${number}_page` })).trade_status}`;
  }, pages));
  await step('app', 'TRADE_SUCCESS', each(async (way, number) => {
    const string = client(way).sdkExecute('alipay.trade.app.pay', { bizContent: order(`${number}_app`, { product_code: 'QUICK_MSECURITY_PAY' }) });
    return (await control(`alipay/orders/${number}_app/pay`, { order_string: string })).trade_status;
  }, pages));
  await step('sealed', 'ok TRADE_SUCCESS', each(async (way, number) => {
    const shown = await ask(way, 'trade.query', { out_trade_no: number }, { sealed: true });
    return `${shown.code} ${shown.trade_status}`;
  }));
  await step('certificate', 'ok true', each(async (way) => {
    const sn = client(way).config.alipayCertSn;
    const shown = await ask(way, 'open.app.alipaycert.download', { alipay_cert_sn: sn });
    const fetched = new crypto.X509Certificate(Buffer.from(shown.alipay_cert_content, 'base64'));
    const roots = text('alipay_root_cert.pem').match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g);
    return `${shown.code} ${fetched.verify(new crypto.X509Certificate(roots.at(-1)).publicKey)}`;
  }, pages.filter((way) => way.certified)));
  await step('refused', 'ACQ.CONTEXT_INCONSISTENT', each(async (way, number) => (await ask(way, 'trade.precreate', order(number, { total_amount: '2.00' }))).code));
  await step('unknown', 'unknow-error TRADE_SUCCESS', each(async (way, number) => {
    const asked = await ask(way, 'trade.pay', order(`${number}_lost`, { ...code, subject: 'MOCK:20000' }));
    const shown = await ask(way, 'trade.query', { out_trade_no: `${number}_lost` });
    return `${asked.code.replace('isp.', '')} ${shown.trade_status}`;
  }));
  const { privateKey: another } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  await step('forged request', 'invalid-signature false', each(async (way, number) => {
    const refused = await ask(way, 'trade.precreate', order(`${number}_forged`), { changes: { privateKey: another } });
    const { orders } = await control('books?channel=alipay');
    return `${refused.code.replace('isv.', '')} ${orders.some((one) => one.out_trade_no === `${number}_forged`)}`;
  }));
  const disbelieved = (kind) => each(async (way, number) => {
    await control('faults', { kind });
    try {
      await ask(way, 'trade.query', { out_trade_no: number });
      return 'believed';
    } catch (error) {
      return 'disbelieved';
    }
  });
  await step('forged reply', 'disbelieved', disbelieved('bad_signature'));
  await step('unsigned reply', 'disbelieved', disbelieved('unsigned'));
  await step('bill', 'ok 业务明细 true true', async () => {
    const { send_pay_date: paid } = await ask(WAYS[0], 'trade.query', { out_trade_no: 'js_gateway_key' });
    await control('clock/advance', { seconds: 34 * 3600 });
    return each(async (way, number) => {
      const shown = await ask(way, 'data.dataservice.bill.downloadurl.query', { bill_type: 'trade', bill_date: paid.slice(0, 10) });
      const entry = firstEntry(Buffer.from(await (await fetch(shown.bill_download_url)).arrayBuffer()));
      return `${shown.code} ${entry.name.split('_')[2].slice(0, 4)} ${entry.text.includes(`${number}\t`)} ${entry.text.includes('#退款合计：')}`;
    })();
  });
};

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
