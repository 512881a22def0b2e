using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// One thing that can be done. Values of <see cref="Path"/>, <see cref="Query"/>, <see cref="Headers"/> and <see cref="Body"/> are templates over arguments,
/// connection fields, <c>actionId</c> and <c>marker</c> (a short harmless form of it): <c>{name}</c> in a longer text is replaced by the argument's text,
/// <c>{name}</c> alone by the argument itself, of whatever type; a member whose argument is absent is left out. In paths arguments are escaped. Where a value
/// becomes part of a query language or markup it needs a function such as <c>{email|soql}</c>; parts for optional arguments are written
/// <c>{?email: AND Email = '{email|soql}'}</c>. <see cref="TemplateText"/> reads all of this.
/// </summary>
public sealed record OperationTemplate
{
    /// <summary>The id inside the template, for example <c>users.get</c>. An instance's operation is <c>{instance}.{id}</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What it does and what its result looks like, in words that a model and a person understand.</summary>
    public required string Summary { get; init; }

    /// <summary>GET, HEAD, POST, PUT, PATCH or DELETE.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>
    /// The vendor's other address that this operation is sent to, for products that spread over several hosts. An instance with an address of its own
    /// is sent this operation there, too.
    /// </summary>
    public string? BaseUrl { get; init; }

    /// <summary>The path below the base URL, for example <c>/api/v1/users/{userId}</c>.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Query parameters. A list that stands alone is sent as one parameter for each item; <c>{names|csv}</c> joins it.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>Headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The body; with <see cref="Templates.BodyFormat.Xml"/> a text, the document.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>The body's parts, in their order, for <see cref="Templates.BodyFormat.Multipart"/> and <see cref="Templates.BodyFormat.MultipartRelated"/>.</summary>
    public IReadOnlyList<PartSpec> Parts { get; init; } = [];

    /// <summary>How the body is written.</summary>
    public BodyFormat BodyFormat { get; init; } = BodyFormat.Json;

    /// <summary>JSON Schema of the arguments, an object. <c>type: object</c> and <c>additionalProperties: false</c> are added when absent. An argument's <c>default</c> is used when it is absent.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>Arguments whose values, or whose form, another operation of the template tells, by the argument's name.</summary>
    public IReadOnlyDictionary<string, ChoiceSpec> Choices { get; init; } = new Dictionary<string, ChoiceSpec>();

    /// <summary>How the result is read from the answer.</summary>
    public OutputSpec Output { get; init; } = new();

    /// <summary>What it does to the system.</summary>
    public required OperationEffect Effect { get; init; }

    /// <summary>How a repetition is kept from acting twice; required for writes in deep templates.</summary>
    public IdempotencySpec? Idempotency { get; init; }

    /// <summary>How an attempt whose outcome is unknown is looked up.</summary>
    public ReconcileSpec? Reconcile { get; init; }

    /// <summary>Whether a person must agree, whatever the tenant's own policy allows.</summary>
    public bool RequiresApproval { get; init; }

    /// <summary>Whether it is off until an administrator names it, also where the tenant has chosen none and what only reads is on.</summary>
    public bool OptIn { get; init; }

    /// <summary>How many units of the limits one call takes.</summary>
    public int Cost { get; init; } = 1;

    /// <summary>Whether the answer only says that work has begun.</summary>
    public bool LongRunning { get; init; }

    /// <summary>How the effect is shown without being done: query parameters or headers that are added.</summary>
    public DryRunSpec? DryRun { get; init; }

    /// <summary>What undoes it.</summary>
    public UndoSpec? Undo { get; init; }

    /// <summary>How this list is paged.</summary>
    public PaginationSpec? Pagination { get; init; }

    /// <summary>Whether the typed connector named by <see cref="ConnectorTemplate.Implementation"/> carries it out.</summary>
    public bool Code { get; init; }

    /// <summary>Its own time limit.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>How a body is written.</summary>
public enum BodyFormat
{
    /// <summary>JSON.</summary>
    Json,

    /// <summary><c>application/x-www-form-urlencoded</c>.</summary>
    Form,

    /// <summary><c>multipart/form-data</c>: files and fields (RFC 7578), as <see cref="OperationTemplate.Parts"/> says.</summary>
    Multipart,

    /// <summary><c>multipart/related</c>: a description and what it describes (RFC 2387), as <see cref="OperationTemplate.Parts"/> says.</summary>
    MultipartRelated,

    /// <summary><c>application/xml</c>, or what the operation's header <c>Content-Type</c> says: a text in which every value is escaped.</summary>
    Xml,
}

/// <summary>How a result is read from an answer.</summary>
public sealed record OutputSpec
{
    /// <summary>
    /// Where in the body the result stands; the whole body when null. Lists become <c>items</c> and <c>truncated</c>. A read whose answer has nothing there ends
    /// with <c>not_found</c> (<c>result.0</c>: the first of what was searched for), a list with no items.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>
    /// The result's members by name, each with its path in the value at <see cref="Path"/> (for lists: in each item), read by <see cref="FieldPath"/>;
    /// all members as they are when this and <see cref="Values"/> are empty.
    /// </summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    /// <summary>Members that the answer does not hold: templates over arguments, connection fields and, as <c>result.*</c>, the members of <see cref="Fields"/>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Values { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Whether the value is a list.</summary>
    public bool List { get; init; }

    /// <summary>JSON Schema of the value at <see cref="Path"/>, against which drift is detected.</summary>
    public JsonElement? Schema { get; init; }
}

/// <summary>
/// How a repetition is kept from acting twice. One in which nothing is set says that the system has no way: an attempt whose outcome is unknown is then for a person
/// to look at, unless <see cref="OperationTemplate.Reconcile"/> finds it.
/// </summary>
public sealed record IdempotencySpec
{
    /// <summary>The header that takes the action's id, where the system has one.</summary>
    public string? Header { get; init; }

    /// <summary>The field of the target system that holds the action's id, where there is a unique one; the body says where it goes.</summary>
    public string? NaturalKey { get; init; }

    /// <summary>Whether doing it twice is the same as doing it once by its nature (PUT of a whole state, adding to a set).</summary>
    public bool Natural { get; init; }
}

/// <summary>How an attempt is looked up: a read operation whose result, or whose first item for which <see cref="Expect"/> holds, is the earlier effect.</summary>
public sealed record ReconcileSpec
{
    /// <summary>A read operation of the template.</summary>
    public required string Operation { get; init; }

    /// <summary>Its arguments, templates over the action's arguments, <c>actionId</c>, <c>marker</c> and <c>sentAt</c> (ISO 8601, two minutes earlier for clocks).</summary>
    public JsonElement? With { get; init; }

    /// <summary>
    /// What must hold in the result, or in an item of a list, for the effect to be there: member paths with the value that is expected (templates).
    /// A result that is <c>not_found</c> or a list without such an item is no effect.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> Expect { get; init; } = new Dictionary<string, JsonElement>();
}

/// <summary>How an effect is shown without being done.</summary>
public sealed record DryRunSpec
{
    /// <summary>Query parameters that are added.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>Headers that are added.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}

/// <summary>What undoes an operation.</summary>
public sealed record UndoSpec
{
    /// <summary>An operation of the template.</summary>
    public required string Operation { get; init; }

    /// <summary>Its arguments, templates over the operation's arguments and <c>result.*</c>.</summary>
    public JsonElement? With { get; init; }
}
