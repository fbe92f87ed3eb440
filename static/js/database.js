// The one database of this browser: keys, the outbox of signed statements, the synced stock, and what was
// done about warnings. No page is needed to open it: the service worker does so too.

const NAME = "custody";
const VERSION = 2;

const STORES = {
  1: (database) => {
    database.createObjectStore("keys", { keyPath: "kid" }).createIndex("login", "login");
    database.createObjectStore("outbox", { keyPath: ["kid", "seq"] }).createIndex("kid", "kid");
  },
  2: (database) => {
    database.createObjectStore("copies", { keyPath: "name" });
    database.createObjectStore("questions", { keyPath: "id" });
  },
};

function open() {
  return new Promise((done, failed) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = ({ oldVersion }) => {
      for (let version = oldVersion + 1; version <= VERSION; version += 1) STORES[version](request.result);
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/**
 * Runs `work(transaction)` and resolves with the result of the request it returns, when the transaction is on
 * disk, not when the request has run. A browser without room throws QuotaExceededError, and nothing is kept.
 */
export async function within(stores, mode, work) {
  const database = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction(stores, mode, { durability: "strict" });
      const request = work(transaction);
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = () => failed(transaction.error);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const put = (store, value) => within([store], "readwrite", (t) => t.objectStore(store).put(value));
export const remove = (store, key) => within([store], "readwrite", (t) => t.objectStore(store).delete(key));
export const read = (store, key) => within([store], "readonly", (t) => t.objectStore(store).get(key));
export const readAll = (store) => within([store], "readonly", (t) => t.objectStore(store).getAll());

/** Whether an error says that the browser has no room left. */
export const isFull = (error) => error?.name === "QuotaExceededError";
