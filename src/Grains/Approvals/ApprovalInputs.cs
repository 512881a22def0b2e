using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Engines.Approvals;
using Steward.Engines.Definitions;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Approvals;

/// <summary>What commands to approvals must look like. Pure.</summary>
internal static partial class ApprovalInputs
{
    /// <summary>The longest comment or reason.</summary>
    public const int MaxTextLength = 2000;

    private const int MaxSummaryLength = 1000;
    private const int MaxChannelLength = 64;
    private const int MaxNameLength = 200;
    private const int MaxOperationIdLength = 200;
    private const int MaxPolicyApprovers = 100;
    private const int MaxJsonLength = 64 * 1024;

    // What a run will send is what it will send.
    private const int MaxRunJsonLength = 1024 * 1024;

    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>The request that a command asks for.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    public static ApprovalRequest ToRequest(string key, SubmitApproval command, DateTimeOffset now)
    {
        if (!Types().IsMatch(command.Type ?? ""))
        {
            throw StewardException.Invalid("type", "must be 1 to 64 of a-z, 0-9, '_', '-' and '.'.");
        }

        var limit = command.RunId is null ? MaxJsonLength : MaxRunJsonLength;
        var action = Text(command.Action, "action", MaxNameLength)!;
        var arguments = Object(command.Arguments, "arguments", limit) ?? throw StewardException.Invalid("arguments", "must be a JSON object.");
        if (command.Requester is null || !GrainKeys.IsValidPart(command.Requester.UserId, 'u') || command.Requester.TenantId != GrainKeys.TenantOf(key))
        {
            throw StewardException.Invalid("requester", "must be a person of this tenant.");
        }

        if (command.RunId is not null && (!GrainKeys.IsValidPart(command.RunId, 'r') || string.IsNullOrEmpty(command.RunRequestId)))
        {
            throw StewardException.Invalid("runId", "must be a run, with runRequestId.");
        }

        if ((command.Amount is null) != (command.Currency is null) || (command.Currency is { } currency && !Currencies().IsMatch(currency)))
        {
            throw StewardException.Invalid("currency", "must be an ISO 4217 code, and come with amount.");
        }

        if (command.PolicyApprovers is { Count: > MaxPolicyApprovers })
        {
            throw StewardException.Invalid("policyApprovers", $"must be at most {MaxPolicyApprovers}.");
        }

        return new ApprovalRequest
        {
            TenantId = GrainKeys.TenantOf(key),
            ApprovalId = GrainKeys.LastPart(key),
            Type = command.Type!,
            Action = action,
            Arguments = arguments,
            SubjectHash = CanonicalJson.SubjectHash(action, arguments),
            Summary = Text(command.Summary, "summary", MaxSummaryLength)!,
            Reason = Optional(command.Reason, "reason", MaxTextLength),
            Requester = new Requester { UserId = command.Requester.UserId, Email = command.Requester.Email, Name = command.Requester.Name, Roles = [.. command.Requester.Roles] },
            Risk = RiskOf(command.Risk),
            Amount = command.Amount,
            Currency = command.Currency,
            Environment = Optional(command.Environment, "environment", MaxChannelLength),
            Preview = Object(command.Preview, "preview", limit),
            Attributes = Object(command.Attributes, "attributes", MaxJsonLength),
            RunId = command.RunId,
            RunRequestId = command.RunRequestId,
            PolicyApprovers = [.. command.PolicyApprovers ?? []],
            RequestedAt = command.RequestedAt < now ? command.RequestedAt : now,
            ExpiresAt = command.ExpiresAt,
        };
    }

    /// <summary>Checks a text that may be absent.</summary>
    public static string? Optional(string? text, string field, int max = MaxTextLength) => string.IsNullOrEmpty(text) ? null : Text(text, field, max);

    /// <summary>Checks a text.</summary>
    public static string Text(string? text, string field, int max = MaxTextLength) =>
        text is { Length: > 0 } && text.Length <= max ? text : throw StewardException.Invalid(field, $"must have 1 to {max} characters.");

    /// <summary>Checks the name of a channel.</summary>
    public static string Channel(string? channel) => Text(channel, "channel", MaxChannelLength);

    /// <summary>Checks the id of an operation.</summary>
    public static string? OperationId(string? id) => Optional(id, "operationId", MaxOperationIdLength);

    private static RiskLevel RiskOf(string? risk) => risk switch
    {
        "low" => RiskLevel.Low,
        "medium" => RiskLevel.Medium,
        "high" => RiskLevel.High,
        "critical" => RiskLevel.Critical,
        _ => throw StewardException.Invalid("risk", "must be low, medium, high or critical."),
    };

    private static JsonElement? Object(string? json, string field, int max)
    {
        if (json is null)
        {
            return null;
        }

        try
        {
            if (json.Length <= max)
            {
                using var document = JsonDocument.Parse(json, Json);
                if (document.RootElement.ValueKind == JsonValueKind.Object)
                {
                    return document.RootElement.Clone();
                }
            }
        }
        catch (JsonException)
        {
        }

        throw StewardException.Invalid(field, $"must be a JSON object of at most {max} characters.");
    }

    [GeneratedRegex(@"\A[a-z0-9_.-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Types();

    [GeneratedRegex(@"\A[A-Z]{3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Currencies();
}
