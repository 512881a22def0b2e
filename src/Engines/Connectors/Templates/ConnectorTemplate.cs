using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// What Steward knows about an external system's interface: data, written in YAML, the same for every tenant. A tenant's
/// <see cref="Instances.ConnectorInstance"/> adds address, credentials and choices.
/// </summary>
public sealed record ConnectorTemplate
{
    /// <summary>For example <c>okta</c>; lower-case letters, digits and hyphens, at most 40 characters.</summary>
    public required string Id { get; init; }

    /// <summary>Semantic version (semver.org 2.0.0).</summary>
    public required string Version { get; init; }

    /// <summary>The product's name.</summary>
    public required string Name { get; init; }

    /// <summary>Who makes the product.</summary>
    public required string Vendor { get; init; }

    /// <summary>What kind of product it is, for example <c>identity</c>; see <see cref="TemplateCategories"/>.</summary>
    public required IReadOnlyList<string> Categories { get; init; }

    /// <summary>Where the vendor documents the interface.</summary>
    public required Uri Docs { get; init; }

    /// <summary>What it is used for, in one sentence that people and models understand.</summary>
    public required string Description { get; init; }

    /// <summary>How sensitive what it holds usually is.</summary>
    public DataClass DataClass { get; init; } = DataClass.Confidential;

    /// <summary>How calls are carried out.</summary>
    public TemplateKind Kind { get; init; } = TemplateKind.Http;

    /// <summary>Whether the operations that matter are covered with limits, errors, webhooks and fixtures, or the basic ones only.</summary>
    public TemplateDepth Depth { get; init; } = TemplateDepth.Standard;

    /// <summary>The name of the typed connector that carries out operations with <see cref="OperationTemplate.Code"/>.</summary>
    public string? Implementation { get; init; }

    /// <summary>What a tenant says about its own system, and where calls go.</summary>
    public required ConnectionSpec Connection { get; init; }

    /// <summary>The ways to sign in; the tenant picks one.</summary>
    public required IReadOnlyList<AuthSpec> Auth { get; init; }

    /// <summary>How to see that credentials are not accepted any more.</summary>
    public IReadOnlyList<ReplySignal> ExpiredWhen { get; init; } = [new ReplySignal { Status = 401 }];

    /// <summary>How this system says what went wrong.</summary>
    public ErrorSpec Errors { get; init; } = new();

    /// <summary>The call that shows that address and credentials are right.</summary>
    public required VerificationSpec Verify { get; init; }

    /// <summary>How many calls the system takes.</summary>
    public IReadOnlyList<LimitSpec> Limits { get; init; } = [];

    /// <summary>Which failures are tried again.</summary>
    public RetrySpec Retry { get; init; } = new();

    /// <summary>How lists are paged, where an operation says nothing else.</summary>
    public PaginationSpec? Pagination { get; init; }

    /// <summary>When calls stop for a while.</summary>
    public BreakerSpec Breaker { get; init; } = new();

    /// <summary>Headers of every request; values are templates.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The token against cross-site requests that writes must carry, for systems that ask programs for it, too.</summary>
    public CsrfSpec? Csrf { get; init; }

    /// <summary>The response header with the system's own id of a request.</summary>
    public string? RequestIdHeader { get; init; }

    /// <summary>How answers are written.</summary>
    public AnswerFormat Answers { get; init; } = AnswerFormat.Json;

    /// <summary>What can be done.</summary>
    public required IReadOnlyList<OperationTemplate> Operations { get; init; }

    /// <summary>What the system tells by itself.</summary>
    public IReadOnlyList<WebhookTemplate> Webhooks { get; init; } = [];

    /// <summary>The regions in which the vendor keeps data; empty when it does not say or it is the customer's own server.</summary>
    public IReadOnlyList<string> Residency { get; init; } = [];

    /// <summary>Argument and result paths that never reach the audit log as they are.</summary>
    public IReadOnlyList<string> Redact { get; init; } = [];

    /// <summary>Recorded exchanges that the operations are tested with.</summary>
    public IReadOnlyList<FixtureSpec> Fixtures { get; init; } = [];

    /// <summary>How a server of the Model Context Protocol is reached; only with <see cref="TemplateKind.Mcp"/>.</summary>
    public McpSpec? Mcp { get; init; }
}

/// <summary>How answers are written.</summary>
public enum AnswerFormat
{
    /// <summary>JSON.</summary>
    Json,

    /// <summary>
    /// XML, read as an object with the root element: elements and, with <c>@</c>, attributes by their names without namespaces, <c>#text</c> beside these, repeated elements as lists. All
    /// values are texts; <see cref="FieldPath"/> makes numbers of them. Answers in JSON are read, too.
    /// </summary>
    Xml,
}

/// <summary>How sensitive data is.</summary>
public enum DataClass
{
    /// <summary>Anyone may see it.</summary>
    Public,

    /// <summary>Employees may see it.</summary>
    Internal,

    /// <summary>Those who need it may see it.</summary>
    Confidential,

    /// <summary>Personal, financial or health data, secrets.</summary>
    Restricted,
}

/// <summary>How a template's operations are carried out.</summary>
public enum TemplateKind
{
    /// <summary>Requests over HTTP that the template describes.</summary>
    Http,

    /// <summary>Tools of a server of the Model Context Protocol; operations are those that the server lists.</summary>
    Mcp,
}

/// <summary>How much of a product a template covers.</summary>
public enum TemplateDepth
{
    /// <summary>Base URL, sign-in and the most used operations.</summary>
    Standard,

    /// <summary>Limits, errors, paging, webhooks, fixtures and what agents need for their work.</summary>
    Deep,
}

/// <summary>What a tenant says about its own system, and where calls go.</summary>
public sealed record ConnectionSpec
{
    /// <summary>What is asked for; secrets belong to <see cref="AuthSpec.Fields"/>.</summary>
    public IReadOnlyList<FieldSpec> Fields { get; init; } = [];

    /// <summary>The address, a template over <see cref="Fields"/>, for example <c>https://{domain}</c>. An instance may be given another one.</summary>
    public required string BaseUrl { get; init; }

    /// <summary>Addresses by region, where the vendor has regional hosts; the instance's region picks one.</summary>
    public IReadOnlyDictionary<string, string> Regions { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the product usually runs on the customer's own servers, so that private addresses may be allowed by the operator.</summary>
    public bool SelfHosted { get; init; }
}

/// <summary>One value that a tenant gives.</summary>
public sealed record FieldSpec
{
    /// <summary>How templates name it.</summary>
    public required string Name { get; init; }

    /// <summary>How a form names it.</summary>
    public required string Title { get; init; }

    /// <summary>Where to find it.</summary>
    public string? Description { get; init; }

    /// <summary>A regular expression that the whole value must match.</summary>
    public string? Pattern { get; init; }

    /// <summary>A value as it may look.</summary>
    public string? Example { get; init; }

    /// <summary>The value where the tenant gives none.</summary>
    public string? Default { get; init; }

    /// <summary>The values that are allowed.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>Whether it must be given.</summary>
    public bool Required { get; init; } = true;

    /// <summary>Whether it is kept in the vault and never shown again.</summary>
    public bool Secret { get; init; }

    /// <summary>Whether it may have several lines, such as a private key in PEM form.</summary>
    public bool Multiline { get; init; }
}

/// <summary>The call that shows that address and credentials are right.</summary>
public sealed record VerificationSpec
{
    /// <summary>A read operation of the template that needs no arguments beyond <see cref="Arguments"/>.</summary>
    public required string Operation { get; init; }

    /// <summary>Its arguments.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>Where in the operation's result the signed-in account's name stands.</summary>
    public string? Identity { get; init; }
}

/// <summary>
/// A token against cross-site requests (SAP Gateway): a GET of <see cref="Path"/> with <see cref="Header"/> set to <see cref="Ask"/> is answered with the token in the
/// same header and with cookies; token and cookies go with every request that does not only read. An answer of 403 with the header set to
/// <c>Required</c> means that it has ended and must be asked for once more.
/// </summary>
public sealed record CsrfSpec
{
    /// <summary>The path below the base URL that is asked.</summary>
    public required string Path { get; init; }

    /// <summary>The header.</summary>
    public string Header { get; init; } = "X-CSRF-Token";

    /// <summary>The header's value in the request that asks for a token.</summary>
    public string Ask { get; init; } = "Fetch";
}

/// <summary>One recorded exchange.</summary>
public sealed record FixtureSpec
{
    /// <summary>The operation.</summary>
    public required string Operation { get; init; }

    /// <summary>Its arguments.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>What must be sent: method and path with query, for example <c>GET /api/v1/users/00u1</c>.</summary>
    public string? Request { get; init; }

    /// <summary>The JSON body that must be sent.</summary>
    public JsonElement? RequestBody { get; init; }

    /// <summary>The status that is answered with.</summary>
    public int Status { get; init; } = 200;

    /// <summary>The headers that are answered with.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The JSON body that is answered with.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>The result that must come out.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>The error code that must come out instead of a result.</summary>
    public string? Error { get; init; }
}

/// <summary>How a server of the Model Context Protocol is reached.</summary>
public sealed record McpSpec
{
    /// <summary>Over HTTP at the instance's base URL, or as a program on this machine that the operator has allowed.</summary>
    public McpTransport Transport { get; init; } = McpTransport.Http;

    /// <summary>The program and its arguments for <see cref="McpTransport.Stdio"/>; only programs that the operator allows are started.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Tools that are reads whatever the server's hints say; hints are not trusted for it.</summary>
    public IReadOnlyList<string> ReadTools { get; init; } = [];
}

/// <summary>The transports of the Model Context Protocol.</summary>
public enum McpTransport
{
    /// <summary>Streamable HTTP.</summary>
    Http,

    /// <summary>A child process.</summary>
    Stdio,
}

/// <summary>The categories of the catalogue.</summary>
public static class TemplateCategories
{
    /// <summary>All of them.</summary>
    public static IReadOnlySet<string> All { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "ai", "analytics", "billing", "calendar", "chat", "code", "commerce", "content", "crm", "data", "design", "developer-tools", "documents", "e-signature",
        "erp", "finance", "hr", "identity", "infrastructure", "itsm", "knowledge", "learning", "mail", "marketing", "mcp", "monitoring", "payments",
        "project-management", "recruiting", "security", "storage", "support", "survey", "telephony", "video",
    };
}
