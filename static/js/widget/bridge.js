// static/js/widget/bridge.js – talk with the shop's page around us: only with the parent, only with its origin.

/** `handlers` maps message type to function. Returns `tell(type, body)`. Without a parent (page opened alone) it is deaf. */
export function openBridge(parentOrigin, handlers, self = window) {
  const alone = self.parent === self || !parentOrigin;
  const tell = (type, body = {}) => alone || self.parent.postMessage({ helpdesk: 1, type, ...body }, parentOrigin);
  self.addEventListener("message", ({ source, origin, data }) => {
    if (alone || source !== self.parent || origin !== parentOrigin || data?.helpdesk !== 1) return;
    if (Object.hasOwn(handlers, data.type)) handlers[data.type](data);
  });
  return tell;
}
