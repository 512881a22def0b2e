using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Notifications;

namespace Steward.Notifications;

/// <summary>What a row of the notification table says of its notice: everything that sending it needs.</summary>
internal sealed record QueueDocument
{
    /// <summary>The notice.</summary>
    public required Notice Notice { get; init; }

    /// <summary>The channels to try after this one, in order.</summary>
    public IReadOnlyList<string> Next { get; init; } = [];

    /// <summary>Since when it may be sent.</summary>
    public required DateTimeOffset NotBefore { get; init; }
}

/// <summary>JSON of notices, between grains and in the table. Add-only, as whatever is in a table.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(QueueDocument))]
[JsonSerializable(typeof(Notice))]
internal sealed partial class NoticeJson : JsonSerializerContext
{
    /// <summary>A notice from what <see cref="Write"/> made.</summary>
    public static Notice Read(string json) => JsonSerializer.Deserialize(json, Default.Notice) ?? throw new JsonException("A notice must be an object.");

    /// <summary>A notice as it is handed to queues.</summary>
    public static string Write(Notice notice) => JsonSerializer.Serialize(notice, Default.Notice);
}
