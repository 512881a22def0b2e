using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Client.Http;

/// <summary>How a client reads what a gateway writes strictly: it passes over what a newer gateway adds.</summary>
internal static class ForgivingJson
{
    /// <summary>The options of a strict context, without its strictness.</summary>
    public static JsonSerializerOptions Of(JsonSerializerOptions strict) => new(strict)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        RespectNullableAnnotations = false,
        RespectRequiredConstructorParameters = false,
        AllowDuplicateProperties = true,
    };
}
