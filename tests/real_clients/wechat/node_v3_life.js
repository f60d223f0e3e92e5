// The life cycle by wechatpay-node-v3. Its addresses are constants; the HTTP client it lets one replace puts the mock's in their place.

const crypto = require('crypto');
const zlib = require('zlib');

const WxPay = require('wechatpay-node-v3');
const { PayRequest } = require('wechatpay-node-v3/dist/lib/pay-request');
const {
  URL: baseURL, MODE, FACTS, text, control, step, listen,
} = require('../steps.js');

const { mchid, appid } = FACTS;
const REAL = 'https://api.mch.weixin.qq.com';
const ORDER = 'nv30001';

/** Its own HTTP client, to another address. */
class Elsewhere extends PayRequest {
  post(url, ...rest) { return super.post(url.replace(REAL, baseURL), ...rest); }

  get(url, ...rest) { return super.get(url.replace(REAL, baseURL), ...rest); }
}

/** Its own way to name the merchant's certificate: the serial is read of it, in small letters. */
const client = (changes = {}) => {
  const made = new WxPay({
    appid, mchid, publicKey: Buffer.from(text('merchant_cert.pem')), privateKey: Buffer.from(text('merchant_key.pem')), key: FACTS.apiv3_key, ...changes,
  });
  made.createHttp(new Elsewhere());
  return made;
};

const wxpay = client();
// It knows certificates alone, which it downloads; the public key has to be put beside them.
if (MODE === 'public_key') WxPay.certificates[FACTS.public_key_id] = text('wechatpay_public_key.pem');

const refusal = ({ status, error }) => `${status} ${JSON.parse(error).code}`;

const told = async ({ headers, body }, ...names) => {
  const genuine = await wxpay.verifySign({
    timestamp: headers['wechatpay-timestamp'],
    nonce: headers['wechatpay-nonce'],
    body,
    serial: headers['wechatpay-serial'],
    signature: headers['wechatpay-signature'],
  });
  if (!genuine) return 'refused';
  const { event_type: event, resource } = JSON.parse(body);
  const plain = wxpay.decipher_gcm(resource.ciphertext, resource.associated_data, resource.nonce);
  return [event, ...names.map((name) => plain[name])].join(' ');
};

const order = (number) => ({
  description: '一壶茶', out_trade_no: number, notify_url: listening.url, amount: { total: 100, currency: 'CNY' },
});

const query = async (number) => {
  const { status, data } = await wxpay.query({ out_trade_no: number });
  return `${status} ${data.trade_state}`;
};

/** The product before transfer-bills is the one it knows; it asks for the serial of the key that the name is sealed for. */
const batch = () => {
  const [serial, key] = MODE === 'certificate' ? [FACTS.platform_serial_no, text('platform_cert.pem')]
    : [FACTS.public_key_id, text('wechatpay_public_key.pem')];
  return wxpay.batches_transfer({
    out_batch_no: 'b1',
    batch_name: '报销',
    batch_remark: '报销',
    total_amount: 300000,
    total_num: 1,
    notify_url: listening.url,
    transfer_detail_list: [{
      out_detail_no: 'd1', transfer_amount: 300000, transfer_remark: '报销', openid: 'oUser', user_name: wxpay.publicEncrypt('张三', key),
    }],
    wx_serial_no: serial,
  });
};

const forgedRequest = async () => {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const answer = refusal(await client({ privateKey: Buffer.from(pem) }).transactions_native(order('nv30009')));
  const { log: [{ why }] } = await control('log?last=1');
  return `${answer}, log: ${why.reason.includes('another key') && 'expected' in why}`;
};

const bill = async () => {
  const day = (await control('clock')).now.slice(0, 10);
  await control('clock/advance', { seconds: 36 * 3600 });
  const { data } = await wxpay.tradebill({ bill_date: day, bill_type: 'ALL', tar_type: 'GZIP' });
  // It signs what follows the channel's own host: an address at another host would be signed whole.
  const { status, data: packed } = await wxpay.downloadBill(data.download_url.replace(baseURL, REAL));
  const content = zlib.gunzipSync(packed);
  const same = crypto.createHash('sha1').update(content).digest('hex') === data.hash_value;
  return `${status} hash ${same} order ${content.toString().includes(ORDER)}`;
};

let listening;
(async () => {
  listening = await listen();
  if (MODE === 'certificate') {
    await step('certificates', '1 downloaded', async () => `${(await wxpay.get_certificates(FACTS.apiv3_key)).length} downloaded`);
  }
  await step('order', '200 weixin', async () => {
    const { status, data } = await wxpay.transactions_native(order(ORDER));
    return `${status} ${data.code_url.slice(0, 6)}`;
  });
  await step('query unpaid', '200 NOTPAY', () => query(ORDER));
  await step('payment notified', `TRANSACTION.SUCCESS ${ORDER} SUCCESS`, async () => {
    await control(`wechat/orders/${ORDER}/pay`, {});
    return told(await listening.letter(), 'out_trade_no', 'trade_state');
  });
  await step('forged notification', 'refused', async () => {
    await control('wechat/notifications/1/forge', {});
    return told(await listening.letter());
  });
  await step('query paid', '200 SUCCESS', () => query(ORDER));
  await step('close', '204, 200 CLOSED', async () => {
    await wxpay.transactions_native(order('nv30002'));
    return `${(await wxpay.close('nv30002')).status}, ${await query('nv30002')}`;
  });
  await step('refund', '200 PROCESSING', async () => {
    const amount = { refund: 30, total: 100, currency: 'CNY' };
    const { status, data } = await wxpay.refunds({ out_trade_no: ORDER, out_refund_no: 'r1', notify_url: listening.url, amount });
    return `${status} ${data.status}`;
  });
  await step('refund notified', 'SUCCESS, REFUND.SUCCESS r1 SUCCESS', async () => {
    const { data } = await wxpay.find_refunds('r1');
    return `${data.status}, ${await told(await listening.letter(), 'out_refund_no', 'refund_status')}`;
  });
  await step('transfer', 'ACCEPTED, FINISHED, SUCCESS', async () => {
    const ids = { out_batch_no: 'b1', out_detail_no: 'd1' };
    const { data } = await batch();
    const found = await wxpay.query_batches_transfer_list({ ...ids, need_query_detail: true, detail_status: 'ALL' });
    const detail = await wxpay.query_batches_transfer_detail(ids);
    return [data.batch_status, found.data.transfer_batch.batch_status, detail.data.detail_status].join(', ');
  });
  await step('transfer notified', 'MCHTRANSFER.BATCH.FINISHED b1 FINISHED', async () => told(await listening.letter(), 'out_batch_no', 'batch_status'));
  await step('refused', '404 ORDER_NOT_EXIST', async () => refusal(await wxpay.query({ out_trade_no: 'nobody00' })));
  await step('forged request', '401 SIGN_ERROR, log: true', forgedRequest);
  if (MODE === 'certificate') {
    await step('rotation', 'TRANSACTION.SUCCESS SUCCESS', async () => {
      await control('wechat/certificates/platform/rotate', {});
      await control('wechat/certificates/platform/retire', {});
      await control('wechat/notifications/1/resend', {});
      return told(await listening.letter(), 'trade_state');
    });
  }
  await step('bill', '200 hash true order true', bill);
})();
