using System.Buffers;
using Steward.Errors;
using Steward.Identity;
using Steward.Runs;

namespace Steward.Client;

/// <summary>Refuses what the cluster would refuse, before anything is sent.</summary>
internal static partial class InputRules
{
    public const int MaxTextLength = 32_000;
    public const int MaxOperationIdLength = 128;
    public const int MaxTitleLength = 200;
    public const int MaxReasonLength = 500;
    public const int MaxPageSize = 200;
    public const int MaxCommentLength = 2000;
    public const int MaxContentLength = 200_000;

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>What drawn ids are made of.</summary>
    public const string IdAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    public static string NewScheduleId(bool tenantWide) =>
        (tenantWide ? GrainKeys.TenantSchedulePrefix : "j-") + System.Security.Cryptography.RandomNumberGenerator.GetString(IdAlphabet, 24);

    public static void ScheduleId(string? value, string field = "scheduleId") => Id(value, 'j', field);

    public static void WebhookId(string? value) => Id(value, 'w', "webhookId");

    public static void DeliveryId(string? value) => Id(value, 'd', "deliveryId");

    public static void SessionId(string? value) => Id(value, 's', "sessionId");

    public static void RunId(string? value) => Id(value, 'r', "runId");

    public static void Title(string? value)
    {
        if (value is { Length: > MaxTitleLength })
        {
            throw StewardException.Invalid("title", $"must have at most {MaxTitleLength} characters.");
        }
    }

    public static void Text(string? value)
    {
        if (value is null or { Length: 0 or > MaxTextLength } || string.IsNullOrWhiteSpace(value))
        {
            throw StewardException.Invalid("text", $"must have 1 to {MaxTextLength:N0} characters and not be blank.");
        }
    }

    public static void OperationId(string? value)
    {
        if (value is null or { Length: 0 or > MaxOperationIdLength } || value.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw StewardException.Invalid("operationId", $"must have 1 to {MaxOperationIdLength} printable ASCII characters without spaces.");
        }
    }

    public static void Reason(string? value)
    {
        if (value is { Length: > MaxReasonLength })
        {
            throw StewardException.Invalid("reason", $"must have at most {MaxReasonLength} characters.");
        }
    }

    public static void Comment(string? value, string field)
    {
        if (value is { Length: > MaxCommentLength })
        {
            throw StewardException.Invalid(field, $"must have at most {MaxCommentLength:N0} characters.");
        }
    }

    public static void RequestId(string? value) => Token(value, 200, "requestId");

    public static void Decision(MakeDecision decision)
    {
        RequestId(decision.RequestId);
        Token(decision.Decision, 64, "decision");
        Token(decision.SubjectHash, 128, "subjectHash");
        Comment(decision.Comment, "comment");
        if (decision.Content is { Length: > MaxContentLength })
        {
            throw StewardException.Invalid("plan", $"must have at most {MaxContentLength:N0} characters of JSON.");
        }
    }

    public static void Options(RunRequestOptions? options)
    {
        if (options is null)
        {
            return;
        }

        if (options.Agent is { } agent && (agent.Length is 0 or > 64 || agent.AsSpan().ContainsAnyExcept(IdCharacters)))
        {
            throw StewardException.Invalid("agent", "must have 1 to 64 characters of a-z, 0-9, '.', '_' and '-'.");
        }

        if (options.Strategy is not (null or "direct" or "playbook" or "react" or "plan"))
        {
            throw StewardException.Invalid("strategy", "must be direct, playbook, react or plan.");
        }

        if (options.WebhookId is { } webhook)
        {
            Token(webhook, GrainKeys.MaxPartLength, "webhookId");
        }

        Within(options.MaxSteps, 1000, "limits.steps", "1 to 1,000");
        Within(options.MaxModelCalls, 1000, "limits.modelCalls", "1 to 1,000");
        Within(options.MaxTokens, 1_000_000_000, "limits.tokens", "1 to 1,000,000,000");
        if (options.MaxCostUsd is <= 0 or > 100_000)
        {
            throw StewardException.Invalid("limits.costUsd", "must be more than 0 and at most 100,000.");
        }

        if (options.MaxSeconds is not (null or (> 0 and <= 2_592_000)))
        {
            throw StewardException.Invalid("limits.seconds", "must be more than 0 and at most 2,592,000.");
        }
    }

    public static void Attempt(int? value)
    {
        if (value is < 1)
        {
            throw StewardException.Invalid("attempt", "must be 1 or more.");
        }
    }

    public static void ThroughSequence(long value)
    {
        if (value < 1)
        {
            throw StewardException.Invalid("throughSequence", "must be the sequence number of a message, 1 or more.");
        }
    }

    private static void Within(long? value, long most, string field, string allowed)
    {
        if (value is { } number && (number < 1 || number > most))
        {
            throw StewardException.Invalid(field, $"must be {allowed}.");
        }
    }

    private static void Token(string? value, int maxLength, string field)
    {
        if (string.IsNullOrEmpty(value) || value.Length > maxLength || value.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw StewardException.Invalid(field, $"must have 1 to {maxLength} printable ASCII characters without spaces.");
        }
    }

    public static void After(long value)
    {
        if (value < 0)
        {
            throw StewardException.Invalid("after", "must be 0 or a sequence number.");
        }
    }

    public static void Limit(int value)
    {
        if (value is < 1 or > MaxPageSize)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MaxPageSize}.");
        }
    }

    private static void Id(string? value, char prefix, string field)
    {
        if (!GrainKeys.IsValidPart(value, prefix))
        {
            throw StewardException.Invalid(field, $"must be '{prefix}-' followed by 1 to {GrainKeys.MaxPartLength - 2} of a-z, 0-9, '.', '_' and '-'.");
        }
    }
}
