using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>Where a page ended: the place in its order, not the row, which may be elsewhere by the next page. Opaque to callers. Pure.</summary>
internal sealed record ApprovalCursor
{
    public required string Id { get; init; }

    public required ApprovalOrder Order { get; init; }

    public DateTimeOffset? At { get; init; }

    /// <summary>The place of a row.</summary>
    public static string Of(ApprovalRow row, ApprovalOrder order)
    {
        var cursor = new ApprovalCursor
        {
            Id = row.ApprovalId,
            Order = order,
            At = order switch
            {
                ApprovalOrder.Newest => row.RequestedAt,
                ApprovalOrder.DueFirst => row.DueAt,
                _ => row.ChangedAt,
            },
        };
        return Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(cursor, ApprovalCursorJson.Default.ApprovalCursor));
    }

    /// <summary>A row at the place; null for the beginning.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c>: it is none of this order.</exception>
    public static ApprovalRow? Read(string? text, ApprovalOrder order)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        try
        {
            if (JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text), ApprovalCursorJson.Default.ApprovalCursor) is { Id.Length: > 0 and <= 128 } cursor && cursor.Order == order && GrainKeys.IsValidPart(cursor.Id, 'a'))
            {
                var at = cursor.At ?? default;
                return new ApprovalRow
                {
                    TenantId = "",
                    ApprovalId = cursor.Id,
                    Version = 0,
                    Status = "",
                    IsOver = false,
                    Type = "",
                    Action = "",
                    Requester = "",
                    RequestedAt = at,
                    DueAt = cursor.At,
                    ChangedAt = at,
                    Document = "",
                };
            }
        }
        catch (Exception exception) when (exception is FormatException or JsonException or DecoderFallbackException)
        {
        }

        throw StewardException.Invalid("after", "must be the end of a page of the same list.");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ApprovalCursor))]
internal sealed partial class ApprovalCursorJson : JsonSerializerContext;
