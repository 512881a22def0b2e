using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Connectors;
using Steward.Engines.Security;

namespace Steward.Client.Http;

/// <summary>Creates a connector instance.</summary>
public sealed record CreateConnectorRequest
{
    /// <summary>The name, 2 to 40 lower-case letters, digits and hyphens; operations are <c>{name}.{operation}</c>.</summary>
    /// <remarks>Not init-only: the generated reader would set it to null when it is left out.</remarks>
    [Required]
    [Length(2, 40)]
    public string Name { get; set; } = "";

    /// <summary>The template of the catalogue; null when <see cref="Template"/> is given.</summary>
    public string? TemplateId { get; init; }

    /// <summary>The tenant's own template, YAML or JSON.</summary>
    public string? Template { get; init; }

    /// <summary>How people name it.</summary>
    [MaxLength(200)]
    public string? Title { get; init; }

    /// <summary>One of the template's regions.</summary>
    public string? Region { get; init; }

    /// <summary>An address instead of the template's.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>The fields of the connection and of the sign-in that are no secrets.</summary>
    public IReadOnlyDictionary<string, string>? Fields { get; init; }

    /// <summary>Which way to sign in; the template's first by default.</summary>
    public string? AuthId { get; init; }

    /// <summary>The secrets by the name of the sign-in's field. They go to the vault and are never shown again.</summary>
    public IReadOnlyDictionary<string, string>? Secrets { get; init; }

    /// <summary>The operations that are switched on; without it all that only read.</summary>
    public IReadOnlyList<string>? Operations { get; init; }

    /// <summary>The roles that may use an operation, by its id or <c>*</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Access { get; init; }

    /// <summary>Whether calls are made with each employee's own sign-in.</summary>
    public bool? OnBehalfOfUser { get; init; }

    /// <summary>How many times what the template's limits say the tenant's plan with the vendor allows; 1 by default.</summary>
    public double? LimitFactor { get; init; }
}

/// <summary>Changes of an instance; what is left out stays.</summary>
public sealed record UpdateConnectorRequest
{
    /// <summary>How people name it.</summary>
    [MaxLength(200)]
    public string? Title { get; init; }

    /// <summary>Whether it is used at all.</summary>
    public bool? Enabled { get; init; }

    /// <summary>The fields that are no secrets, all of them.</summary>
    public IReadOnlyDictionary<string, string>? Fields { get; init; }

    /// <summary>The operations that are switched on, all of them.</summary>
    public IReadOnlyList<string>? Operations { get; init; }

    /// <summary>The roles that may use an operation, all of them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Access { get; init; }

    /// <summary>The field mappings by operation, all of them.</summary>
    public JsonElement? Mappings { get; init; }

    /// <summary>The accepted tools of a server of the Model Context Protocol, all of them: what the operation tools.list gives as tool, with reads set by you.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>How many times what the template's limits say the tenant's plan with the vendor allows.</summary>
    public double? LimitFactor { get; init; }

    /// <summary>Takes the catalogue's present template instead of the one that is pinned.</summary>
    public bool? UpgradeTemplate { get; init; }

    /// <summary>The revision that is to be changed; without it any.</summary>
    public long? ExpectedRevision { get; init; }
}

/// <summary>Replaces secrets.</summary>
public sealed record RotateCredentialsRequest
{
    /// <summary>The secrets by the name of the sign-in's field.</summary>
    [Required]
    public IReadOnlyDictionary<string, string> Secrets { get; set; } = new Dictionary<string, string>();
}

/// <summary>Begins a sign-in in the browser.</summary>
public sealed record BeginSignInRequest
{
    /// <summary>Where the browser comes back to; as it is registered with the vendor.</summary>
    [Required]
    [Length(1, 2000)]
    public string RedirectUri { get; set; } = "";
}

/// <summary>The address to open.</summary>
public sealed record SignInResource
{
    /// <summary>The vendor's page.</summary>
    public required string AuthorizeUrl { get; init; }
}

/// <summary>Ends a sign-in.</summary>
public sealed record CompleteSignInRequest
{
    /// <summary>The state that the browser brought back.</summary>
    [Required]
    [Length(1, 1000)]
    public string State { get; set; } = "";

    /// <summary>The code that the browser brought back.</summary>
    [Required]
    [Length(1, 8000)]
    public string Code { get; set; } = "";
}

/// <summary>Makes one call.</summary>
public sealed record CallOperationRequest
{
    /// <summary>The arguments.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>Identifies the intended effect: a repetition with the same id acts once where the system can tell. Drawn when left out.</summary>
    [MaxLength(200)]
    public string? ActionId { get; init; }

    /// <summary>Whether the effect is only to be shown, where the system can do that.</summary>
    public bool? DryRun { get; init; }
}

/// <summary>Undoes one call.</summary>
public sealed record UndoOperationRequest
{
    /// <summary>The id of the call that is undone, as its answer said it. Every attempt to undo it has the same id of its own.</summary>
    [Required]
    [Length(1, 400)]
    public string ActionId { get; set; } = "";

    /// <summary>The arguments, as the call's answer said under undo.</summary>
    public JsonElement? Arguments { get; init; }
}

/// <summary>How a call is undone.</summary>
public sealed record UndoResource
{
    /// <summary>The operation that undoes it; its own roles, policy and approval hold.</summary>
    public required string Operation { get; init; }

    /// <summary>Its arguments.</summary>
    public required JsonElement Arguments { get; init; }
}

/// <summary>How a call ended.</summary>
public sealed record CallOperationResource
{
    /// <summary><c>succeeded</c>, <c>unknown</c> or a code such as <c>rate_limited</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The result.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>What went wrong.</summary>
    public string? Message { get; init; }

    /// <summary>The argument that was refused.</summary>
    public string? Field { get; init; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool Retryable { get; init; }

    /// <summary>Seconds until it is worth trying again.</summary>
    public double? RetryAfterSeconds { get; init; }

    /// <summary>The system's own id of the request.</summary>
    public string? VendorRequestId { get; init; }

    /// <summary>The id of the effect.</summary>
    public string? ActionId { get; init; }

    /// <summary>How it is undone; absent when nothing undoes it.</summary>
    public UndoResource? Undo { get; init; }
}

/// <summary>Two versions of an OpenAPI document that are compared.</summary>
public sealed record CompareSpecificationsRequest
{
    /// <summary>The earlier version, JSON or YAML as a text, at most 8 MB.</summary>
    public required string Before { get; init; }

    /// <summary>The later version.</summary>
    public required string After { get; init; }

    /// <summary>The connector of which is said what breaks; none by default.</summary>
    public string? Connector { get; init; }
}

/// <summary>The operations whose answers differ.</summary>
public sealed record ConnectorDriftListResource
{
    /// <summary>By operation.</summary>
    public required IReadOnlyList<ConnectorDrift> Drift { get; init; }
}

/// <summary>The tenant's connectors.</summary>
public sealed record ConnectorListResource
{
    /// <summary>The connectors, by name.</summary>
    public required IReadOnlyList<ConnectorInfo> Connectors { get; init; }
}

/// <summary>The templates of the catalogue.</summary>
public sealed record ConnectorTemplateListResource
{
    /// <summary>The templates, by id.</summary>
    public required IReadOnlyList<ConnectorTemplateInfo> Templates { get; init; }
}

/// <summary>The operations of a connector that the caller may use.</summary>
public sealed record ConnectorToolListResource
{
    /// <summary>The operations.</summary>
    public required IReadOnlyList<ConnectorToolResource> Operations { get; init; }
}

/// <summary>An operation that the caller may use.</summary>
public sealed record ConnectorToolResource
{
    /// <summary>The id, for example <c>users.get</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>What it does and what its result looks like.</summary>
    public required string Description { get; init; }

    /// <summary><c>read</c>, <c>write</c> or <c>destructive</c>.</summary>
    public required string Effect { get; init; }

    /// <summary>JSON Schema of the arguments.</summary>
    public required JsonElement InputSchema { get; init; }

    /// <summary>The operation that undoes it; absent when none does.</summary>
    public string? UndoneBy { get; init; }

    /// <summary>The arguments of which another operation tells what they may be, each with that operation.</summary>
    public IReadOnlyDictionary<string, string>? Choices { get; init; }
}

/// <summary>Audit entries.</summary>
public sealed record ConnectorAuditListResource
{
    /// <summary>The entries, newest first; perhaps fewer than were asked for although there are more.</summary>
    public required IReadOnlyList<ConnectorAuditResource> Entries { get; init; }

    /// <summary>What to go on with as <c>before</c>; left out at the end of the log.</summary>
    public long? NextBefore { get; init; }
}

/// <summary>One call in the audit log.</summary>
public sealed record ConnectorAuditResource
{
    /// <summary>The position in the tenant's log.</summary>
    public required long Sequence { get; init; }

    /// <summary>When the call began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The connector.</summary>
    public required string Connector { get; init; }

    /// <summary>The operation.</summary>
    public required string Operation { get; init; }

    /// <summary>Who asked.</summary>
    public string? UserId { get; init; }

    /// <summary>Whose sign-in was used; absent for the connector's own account.</summary>
    public string? OnBehalfOf { get; init; }

    /// <summary>The id of the effect.</summary>
    public required string ActionId { get; init; }

    /// <summary>A hash of the canonical arguments with a key of the tenant's, which the cluster keeps to itself.</summary>
    public required string ArgumentsHash { get; init; }

    /// <summary>The arguments, redacted.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>How it ended.</summary>
    public required string Outcome { get; init; }

    /// <summary>The status of the last answer.</summary>
    public int? Status { get; init; }

    /// <summary>The system's own id of the last request.</summary>
    public string? VendorRequestId { get; init; }

    /// <summary>Requests that were sent.</summary>
    public int Attempts { get; init; }

    /// <summary>Milliseconds from the first to the last.</summary>
    public double DurationMs { get; init; }

    /// <summary>Units of the limits that were used.</summary>
    public int Cost { get; init; }
}

/// <summary>Connectors as resources of the HTTP API, and back.</summary>
public static class ConnectorWireMapping
{
    /// <summary>What a request wants to have created, without its secrets.</summary>
    public static CreateConnector ToContract(CreateConnectorRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new CreateConnector
        {
            TemplateId = request.TemplateId,
            TemplateText = request.Template,
            Title = request.Title,
            Region = request.Region,
            BaseUrl = request.BaseUrl,
            Fields = request.Fields ?? new Dictionary<string, string>(),
            AuthId = request.AuthId,
            Operations = request.Operations,
            Access = request.Access ?? new Dictionary<string, IReadOnlyList<string>>(),
            OnBehalfOfUser = request.OnBehalfOfUser ?? false,
            LimitFactor = request.LimitFactor,
        };
    }

    /// <summary>What a request wants to have changed.</summary>
    public static UpdateConnector ToContract(UpdateConnectorRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new UpdateConnector
        {
            Title = request.Title,
            Enabled = request.Enabled,
            Fields = request.Fields,
            Operations = request.Operations,
            Access = request.Access,
            MappingsJson = request.Mappings?.GetRawText(),
            ToolsJson = request.Tools?.GetRawText(),
            LimitFactor = request.LimitFactor,
            UpgradeTemplate = request.UpgradeTemplate ?? false,
            ExpectedRevision = request.ExpectedRevision,
        };
    }

    /// <summary>Secrets of a request.</summary>
    public static IReadOnlyDictionary<string, SecretText> ToSecrets(IReadOnlyDictionary<string, string>? secrets) =>
        (secrets ?? new Dictionary<string, string>()).ToDictionary(secret => secret.Key, secret => new SecretText(secret.Value), StringComparer.Ordinal);

    /// <summary>How a call ended, as a resource.</summary>
    public static CallOperationResource ToResource(ConnectorCallResult result, string? actionId)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new CallOperationResource
        {
            Outcome = result.Outcome,
            Result = result.ResultJson is { } json ? JsonElement.Parse(json) : null,
            Message = result.Message,
            Field = result.Field,
            Retryable = result.IsRetryable,
            RetryAfterSeconds = result.RetryAfter?.TotalSeconds,
            VendorRequestId = result.VendorRequestId,
            ActionId = actionId,
            Undo = result.UndoneBy is { } back ? new UndoResource { Operation = back, Arguments = JsonElement.Parse(result.UndoArgumentsJson ?? "{}") } : null,
        };
    }

    /// <summary>How a call ended, from a resource.</summary>
    public static ConnectorCallResult ToContract(CallOperationResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ConnectorCallResult
        {
            Outcome = resource.Outcome,
            ResultJson = resource.Result?.GetRawText(),
            Message = resource.Message,
            Field = resource.Field,
            IsRetryable = resource.Retryable,
            RetryAfter = resource.RetryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            VendorRequestId = resource.VendorRequestId,
            UndoneBy = resource.Undo?.Operation,
            UndoArgumentsJson = resource.Undo?.Arguments.GetRawText(),
        };
    }

    /// <summary>An operation as a resource.</summary>
    public static ConnectorToolResource ToResource(ConnectorTool tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        return new ConnectorToolResource { Operation = tool.Operation, Description = tool.Description, Effect = tool.Effect, InputSchema = JsonElement.Parse(tool.InputSchemaJson), UndoneBy = tool.UndoneBy, Choices = tool.Choices.Count == 0 ? null : tool.Choices };
    }

    /// <summary>An operation, from a resource.</summary>
    public static ConnectorTool ToContract(ConnectorToolResource tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        return new ConnectorTool { Operation = tool.Operation, Description = tool.Description, Effect = tool.Effect, InputSchemaJson = tool.InputSchema.GetRawText(), UndoneBy = tool.UndoneBy, Choices = tool.Choices ?? new Dictionary<string, string>() };
    }

    /// <summary>An audit entry as a resource.</summary>
    public static ConnectorAuditResource ToResource(ConnectorAuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new ConnectorAuditResource
        {
            Sequence = entry.Sequence,
            At = entry.At,
            Connector = entry.Instance,
            Operation = entry.Operation,
            UserId = entry.UserId,
            OnBehalfOf = entry.OnBehalfOf,
            ActionId = entry.ActionId,
            ArgumentsHash = entry.ArgumentsHash,
            Arguments = JsonElement.Parse(entry.Arguments),
            Outcome = entry.Outcome,
            Status = entry.Status,
            VendorRequestId = entry.VendorRequestId,
            Attempts = entry.Attempts,
            DurationMs = entry.Duration.TotalMilliseconds,
            Cost = entry.Cost,
        };
    }

    /// <summary>An audit entry, from a resource.</summary>
    public static ConnectorAuditEntry ToContract(ConnectorAuditResource entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new ConnectorAuditEntry
        {
            Sequence = entry.Sequence,
            At = entry.At,
            Instance = entry.Connector,
            Operation = entry.Operation,
            UserId = entry.UserId,
            OnBehalfOf = entry.OnBehalfOf,
            ActionId = entry.ActionId,
            ArgumentsHash = entry.ArgumentsHash,
            Arguments = entry.Arguments?.GetRawText() ?? "{}",
            Outcome = entry.Outcome,
            Status = entry.Status,
            VendorRequestId = entry.VendorRequestId,
            Attempts = entry.Attempts,
            Duration = TimeSpan.FromMilliseconds(entry.DurationMs),
            Cost = entry.Cost,
        };
    }
}

/// <summary>How connectors are written as JSON: unknown members of requests are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateConnectorRequest))]
[JsonSerializable(typeof(UpdateConnectorRequest))]
[JsonSerializable(typeof(RotateCredentialsRequest))]
[JsonSerializable(typeof(BeginSignInRequest))]
[JsonSerializable(typeof(SignInResource))]
[JsonSerializable(typeof(CompleteSignInRequest))]
[JsonSerializable(typeof(CallOperationRequest))]
[JsonSerializable(typeof(UndoOperationRequest))]
[JsonSerializable(typeof(CallOperationResource))]
[JsonSerializable(typeof(ConnectorInfo))]
[JsonSerializable(typeof(ConnectorVerification))]
[JsonSerializable(typeof(ConnectorDriftListResource))]
[JsonSerializable(typeof(TestMappingsRequest))]
[JsonSerializable(typeof(MappingTrialListResource))]
[JsonSerializable(typeof(SuggestMappingsRequest))]
[JsonSerializable(typeof(SuggestedMappingListResource))]
[JsonSerializable(typeof(ConnectorListResource))]
[JsonSerializable(typeof(ConnectorTemplateListResource))]
[JsonSerializable(typeof(ConnectorTemplateText))]
[JsonSerializable(typeof(ConnectorTemplateDraft))]
[JsonSerializable(typeof(CompareSpecificationsRequest))]
[JsonSerializable(typeof(SpecificationComparison))]
[JsonSerializable(typeof(ConnectorToolListResource))]
[JsonSerializable(typeof(ConnectorAuditListResource))]
[JsonSerializable(typeof(Steward.Connectors.HookDeadLetterPage))]
public sealed partial class ConnectorWireJson : JsonSerializerContext;

/// <summary>The same, forgiving what a newer gateway adds.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateConnectorRequest))]
[JsonSerializable(typeof(UpdateConnectorRequest))]
[JsonSerializable(typeof(RotateCredentialsRequest))]
[JsonSerializable(typeof(BeginSignInRequest))]
[JsonSerializable(typeof(SignInResource))]
[JsonSerializable(typeof(CompleteSignInRequest))]
[JsonSerializable(typeof(CallOperationRequest))]
[JsonSerializable(typeof(UndoOperationRequest))]
[JsonSerializable(typeof(CallOperationResource))]
[JsonSerializable(typeof(ConnectorInfo))]
[JsonSerializable(typeof(ConnectorVerification))]
[JsonSerializable(typeof(ConnectorDriftListResource))]
[JsonSerializable(typeof(TestMappingsRequest))]
[JsonSerializable(typeof(MappingTrialListResource))]
[JsonSerializable(typeof(SuggestMappingsRequest))]
[JsonSerializable(typeof(SuggestedMappingListResource))]
[JsonSerializable(typeof(ConnectorListResource))]
[JsonSerializable(typeof(ConnectorTemplateListResource))]
[JsonSerializable(typeof(ConnectorTemplateText))]
[JsonSerializable(typeof(ConnectorTemplateDraft))]
[JsonSerializable(typeof(CompareSpecificationsRequest))]
[JsonSerializable(typeof(SpecificationComparison))]
[JsonSerializable(typeof(ConnectorToolListResource))]
[JsonSerializable(typeof(ConnectorAuditListResource))]
[JsonSerializable(typeof(Steward.Connectors.HookDeadLetterPage))]
internal sealed partial class ClientConnectorWireJson : JsonSerializerContext;
