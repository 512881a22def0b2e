// What all pages share: requests in the name of whoever signed in, and elements that show text as text.

export const session = {
  token: sessionStorage.getItem("steward.token"),
  keep(token) {
    this.token = token;
    sessionStorage.setItem("steward.token", token);
  },
  forget() {
    this.token = null;
    sessionStorage.removeItem("steward.token");
  },
};

export class Problem extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `The server answered with status ${status}.`);
    this.status = status;
    this.code = problem?.code ?? "";
    this.retryable = problem?.retryable ?? (status === 429 || status >= 502);
    this.retryAfter = problem?.retryAfter ?? 0;
  }
}

/** Sends a request: `body` goes as JSON, `raw` (a file, for example) as it is. */
export async function request(path, { method = "GET", body, raw, headers = {}, signal } = {}) {
  const response = await fetch(path, {
    method,
    signal,
    cache: "no-store",
    credentials: "omit",
    headers: { Authorization: `Bearer ${session.token}`, ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
    body: raw ?? (body ? JSON.stringify(body) : undefined),
  });
  if (!response.ok) {
    const isProblem = (response.headers.get("Content-Type") ?? "").startsWith("application/problem+json");
    throw new Problem(response.status, isProblem ? await response.json() : null);
  }
  return response;
}

const maxWait = 10000;
export const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
export const pause = (attempt, error) => Math.max((error?.retryAfter ?? 0) * 1000, Math.random() * Math.min(maxWait, 250 * 2 ** attempt));
// A failed fetch throws a TypeError: the line is broken, and the same request may work in a moment.
export const passes = (error) => error instanceof TypeError || (error instanceof Problem && error.retryable && error.code !== "busy");

export function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className ?? "";
  made.textContent = text ?? "";
  return made;
}

/** Fills the list of demo employees, when the server offers any, and shows its form. */
export async function offerDemo(list, form) {
  const response = await fetch("/demo/employees", { credentials: "omit" }).catch(() => null);
  const employees = response?.ok ? await response.json() : [];
  for (const employee of employees) {
    const option = document.createElement("option");
    option.value = employee.token;
    option.textContent = employee.title ? `${employee.name}, ${employee.title}` : employee.name;
    list.append(option);
  }
  form.hidden = employees.length === 0;
}

/**
 * Signs in with credentials: keeps them when they are good, shows who came, and lets the page go on.
 * @param given the token
 * @param page what the page does: enter(caller), leave() and showError(error)
 */
export async function signInWith(given, { enter, leave, showError }) {
  session.token = given.trim();
  showError(null);
  try {
    const caller = await (await request("/v1/me")).json();
    session.keep(session.token);
    document.getElementById("token").value = "";
    document.getElementById("who").textContent = `${caller.name ?? caller.userId} · ${caller.tenantId}`;
    await enter(caller);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      leave();
      showError(new Error("These credentials are not valid."));
    } else {
      showError(error);
    }
  }
}

/** Connects the forms of the entrance, and the way out. */
export function connectEntrance(signIn, signOut) {
  for (const [form, field] of [["token-form", "token"], ["demo-form", "demo"]]) {
    document.getElementById(form).addEventListener("submit", (event) => {
      event.preventDefault();
      signIn(document.getElementById(field).value);
    });
  }
  document.getElementById("sign-out").addEventListener("click", signOut);
}
