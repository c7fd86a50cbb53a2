/** The shop over its API, for what a scenario needs before or beside the browser. Whatever is refused ends the scenario. */

/** Text that no other scenario uses, in this run or an earlier one. */
export function fresh() {
  return `${Date.now().toString(36)}-${process.pid}-${Math.random().toString(36).slice(2, 8)}`
}

export class Shop {
  /** @param {string} front its address */
  constructor(front) {
    this.front = front
  }

  /** Somebody new, signed up over the API. @param {string} name the beginning of the address */
  async person(name) {
    const credentials = { email: `${name}-${fresh()}@example.com`, password: 'correct horse battery' }
    const user = await this.send('POST', '/api/users/signup', credentials)
    return new Person(this, { ...credentials, id: user.id, token: user.token })
  }

  /** Somebody whom the test has made, such as an operator. @param {{ email: string, id: string, token: string }} known */
  knows(known) {
    return new Person(this, { password: '', ...known })
  }

  /** Calls the API, and fails with what it said when it refuses. */
  async send(method, path, body, token) {
    const headers = { 'content-type': 'application/json' }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    const answer = await fetch(new URL(path, this.front), {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }
}

export class Person {
  #shop

  /** @param {Shop} shop */
  constructor(shop, { email, password, id, token }) {
    this.#shop = shop
    this.email = email
    this.password = password
    this.id = id
    this.token = token
  }

  /** Any call of the API, signed in. */
  send(method, path, body) {
    return this.#shop.send(method, path, body, this.token)
  }

  /** Lists a ticket. */
  lists(ticket = {}) {
    return this.send('POST', '/api/tickets', { title: `Seat ${fresh()}`, priceMinor: 4_500, ...ticket })
  }

  /** Holds a ticket; the order. */
  holds(ticket) {
    return this.send('POST', '/api/orders', { lines: [{ ticketId: ticket.id, version: ticket.version }] })
  }

  /** Pays an own order with one of the simulator's cards; the order as it is then. */
  pays(order, token = 'tok_visa') {
    return this.send('POST', `/api/orders/${order.id}/payments?wait=20`, { token })
  }
}
