using Steward.Errors;
using Steward.Identity;

namespace Steward.Client;

/// <summary>Refuses what the cluster would refuse, before anything is sent.</summary>
internal static class InputRules
{
    public const int MaxTextLength = 32_000;
    public const int MaxOperationIdLength = 128;
    public const int MaxTitleLength = 200;
    public const int MaxReasonLength = 500;
    public const int MaxPageSize = 200;

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
