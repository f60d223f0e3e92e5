// The life cycle by wechatpay-axios-plugin: baseURL is one of its options, and it verifies every answer that is 2xx.

const crypto = require('crypto');
const zlib = require('zlib');

const {
  Wechatpay, Rsa, Aes: { AesGcm }, Formatter,
} = require('wechatpay-axios-plugin');
const {
  URL: baseURL, MODE, FACTS, text, control, step, listen,
} = require('../steps.js');

const { mchid, appid } = FACTS;
const ORDER = 'axp0001';
const platform = MODE === 'certificate' ? [FACTS.platform_serial_no, text('platform_cert.pem')]
  : [FACTS.public_key_id, text('wechatpay_public_key.pem')];

const client = (changes = {}) => new Wechatpay({
  baseURL,
  mchid,
  serial: FACTS.merchant_serial_no,
  privateKey: text('merchant_key.pem'),
  certs: { [platform[0]]: platform[1] },
  secret: FACTS.apiv2_key,
  timeout: 10000,
  ...changes,
});

const wxpay = client();
const { transactions } = wxpay.v3.pay;
const { transferBills } = wxpay.v3.fundApp.mchTransfer;

/** The status and code of a refusal, or that there was none. */
const refusal = async (promise) => {
  try {
    return `answered ${(await promise).status}`;
  } catch (error) {
    const { status, data } = error.response || {};
    return `${status} ${(data && data.code) || error.code || error.message}`;
  }
};

const order = (number, more = {}) => ({
  appid, mchid, description: '一壶茶', out_trade_no: number, notify_url: listening.url, amount: { total: 100, currency: 'CNY' }, ...more,
});

const query = async (number) => {
  const { status, data } = await transactions.outTradeNo._out_trade_no_.get({ params: { mchid }, out_trade_no: number });
  return `${status} ${data.trade_state}`;
};

/** What a notification says, once it is verified and opened as the client's documentation shows. */
const told = ({ headers, body }, ...names) => {
  const signed = Formatter.response(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body);
  if (headers['wechatpay-serial'] !== platform[0]) return `signed by ${headers['wechatpay-serial']}`;
  if (!Rsa.verify(signed, headers['wechatpay-signature'], Rsa.from(platform[1], Rsa.KEY_TYPE_PUBLIC))) return 'refused';
  const { event_type: event, resource } = JSON.parse(body);
  const plain = JSON.parse(AesGcm.decrypt(resource.ciphertext, FACTS.apiv3_key, resource.nonce, resource.associated_data));
  return [event, ...names.map((name) => plain[name])].join(' ');
};

const transfer = (number) => transferBills.post({
  appid,
  out_bill_no: number,
  transfer_scene_id: '1000',
  openid: 'oUser',
  user_name: Rsa.encrypt('张三', Rsa.from(platform[1], Rsa.KEY_TYPE_PUBLIC)),
  transfer_amount: 300000,
  transfer_remark: '报销',
  notify_url: listening.url,
  transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '新会员有礼' }],
}, { headers: { 'Wechatpay-Serial': platform[0] } });

const state = async (number) => {
  const { data } = await transferBills.outBillNo._out_bill_no_.get({ out_bill_no: number });
  return data.state;
};

/** The platform's certificates by their serial. Its own command line has not downloaded any since it copies `certs` (0.9.6). */
const certificates = async () => {
  const { data: { data } } = await client({ certs: { any: undefined } }).v3.certificates.get({
    transformResponse: [(body) => JSON.parse(body)], // what it would verify this by is in it
  });
  return Object.fromEntries(data.map(({ serial_no: serial, encrypt_certificate: sealed }) => [
    serial, AesGcm.decrypt(sealed.ciphertext, FACTS.apiv3_key, sealed.nonce, sealed.associated_data),
  ]));
};

const rotation = async () => {
  await control('wechat/certificates/platform/rotate', {});
  const refused = await refusal(transactions.outTradeNo._out_trade_no_.get({ params: { mchid }, out_trade_no: ORDER }));
  const renewed = client({ certs: await certificates() });
  const { data: found } = await renewed.v3.pay.transactions.outTradeNo._out_trade_no_.get({ params: { mchid }, out_trade_no: ORDER });
  return `${refused}, then ${found.trade_state}`;
};

/** Payment codes by API v2: XML, signed with the shared key. */
const codepay = async () => {
  const { data: paid } = await wxpay.v2.pay.micropay.post({
    appid, mch_id: mchid, body: '一壶茶', out_trade_no: 'axp0003', total_fee: '100', spbill_create_ip: '127.0.0.1', auth_code: '130061098828009407',
  });
  const { data: found } = await wxpay.v2.pay.orderquery.post({ appid, mch_id: mchid, out_trade_no: 'axp0003' });
  await control('clock/advance', { seconds: 15 });
  const { data: undone } = await wxpay.v2.secapi.pay.reverse.post({ appid, mch_id: mchid, out_trade_no: 'axp0003', sign_type: 'HMAC-SHA256' });
  return [paid.result_code, found.trade_state, undone.result_code].join(' ');
};

const forgedRequest = async () => {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const asked = client({ privateKey }).v3.pay.transactions.native.post(order('axp0009'));
  const answer = await refusal(asked);
  const { log: [{ why }] } = await control('log?last=1');
  return `${answer}, log: ${why.reason.includes('another key') && 'expected' in why}`;
};

const bill = async () => {
  const day = (await control('clock')).now.slice(0, 10);
  await control('clock/advance', { seconds: 36 * 3600 });
  const { data } = await wxpay.v3.bill.tradebill.get({ params: { bill_date: day, bill_type: 'ALL', tar_type: 'GZIP' } });
  // Named by its path, it knows that a bill is not signed; by the whole address it would look for a signature.
  const params = Object.fromEntries(new URL(data.download_url).searchParams);
  const { status, data: packed } = await wxpay.v3.billdownload.file.get({ params, responseType: 'arraybuffer' });
  const content = zlib.gunzipSync(packed);
  const same = crypto.createHash('sha1').update(content).digest('hex') === data.hash_value;
  return `${status} hash ${same} order ${Formatter.castCsvBill(content).rows.some((row) => row['商户订单号'] === ORDER)}`;
};

let listening;
(async () => {
  listening = await listen();
  if (MODE === 'certificate') {
    await step('certificates', platform[0], async () => Object.keys(await certificates()).join());
  }
  await step('order', '200 weixin', async () => {
    const { status, data } = await transactions.native.post(order(ORDER));
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
    await transactions.native.post(order('axp0002'));
    const { status } = await transactions.outTradeNo._out_trade_no_.close.post({ mchid }, { out_trade_no: 'axp0002' });
    return `${status}, ${await query('axp0002')}`;
  });
  await step('refund', '200 PROCESSING', async () => {
    const amount = { refund: 30, total: 100, currency: 'CNY' };
    const { status, data } = await wxpay.v3.refund.domestic.refunds.post({
      out_trade_no: ORDER, out_refund_no: 'r1', notify_url: listening.url, amount,
    });
    return `${status} ${data.status}`;
  });
  await step('refund notified', 'SUCCESS, REFUND.SUCCESS r1 SUCCESS', async () => {
    const { data } = await wxpay.v3.refund.domestic.refunds._out_refund_no_.get({ out_refund_no: 'r1' });
    return `${data.status}, ${told(await listening.letter(), 'out_refund_no', 'refund_status')}`;
  });
  await step('transfer', 'WAIT_USER_CONFIRM, SUCCESS', async () => {
    const { data } = await transfer('t1');
    await control('wechat/transfers/t1/confirm', {});
    return `${data.state}, ${await state('t1')}`;
  });
  await step('transfer notified', 'MCHTRANSFER.BILL.FINISHED t1 SUCCESS', async () => told(await listening.letter(), 'out_bill_no', 'state'));
  await step('transfer cancelled', 'CANCELING, CANCELLED', async () => {
    await transfer('t2');
    const { data } = await transferBills.outBillNo._out_bill_no_.cancel.post(undefined, { out_bill_no: 't2' });
    return `${data.state}, ${await state('t2')}`;
  });
  await step('payment code', 'SUCCESS SUCCESS SUCCESS', codepay);
  await step('refused', '404 ORDER_NOT_EXIST', () => refusal(
    transactions.outTradeNo._out_trade_no_.get({ params: { mchid }, out_trade_no: 'nobody00' }),
  ));
  await step('forged request', '401 SIGN_ERROR, log: true', forgedRequest);
  await step('forged reply', '200 EV3_RES_HEADER_SIGNATURE_DIGEST', async () => {
    await control('faults', { kind: 'bad_signature', path: '/out-trade-no/' });
    return refusal(transactions.outTradeNo._out_trade_no_.get({ params: { mchid }, out_trade_no: ORDER }));
  });
  await step('bill', '200 hash true order true', bill);
  if (MODE === 'certificate') await step('rotation', '200 EV3_RES_HEADER_PLATFORM_SERIAL, then REFUND', rotation);
})();
