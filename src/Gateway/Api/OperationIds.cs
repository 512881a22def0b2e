using System.Security.Cryptography;
using Steward.Errors;

namespace Steward.Gateway.Api;

/// <summary>What makes a repeated request the same one: a field of the body, or the header Idempotency-Key.</summary>
internal static class OperationIds
{
    public const string Header = "Idempotency-Key";

    /// <summary>The id that body and header name, which must be the same; a new one when neither does.</summary>
    public static string Of(string? inBody, string? idempotencyKey)
    {
        if (inBody is not null)
        {
            return string.IsNullOrEmpty(idempotencyKey) || string.Equals(inBody, idempotencyKey, StringComparison.Ordinal)
                ? inBody
                : throw StewardException.Invalid("operationId", $"must be the same as the header {Header}, or one of them be left out.");
        }

        if (string.IsNullOrEmpty(idempotencyKey))
        {
            return "op-" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 24);
        }

        // The header's draft standard writes it as a quoted string; many clients do not.
        return idempotencyKey is ['"', .. var quoted, '"'] ? quoted : idempotencyKey;
    }
}
