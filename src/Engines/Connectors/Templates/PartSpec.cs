using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// One part of a body that has several, for <see cref="BodyFormat.Multipart"/> and <see cref="BodyFormat.MultipartRelated"/>. Exactly one of <see cref="Json"/>, <see cref="Text"/> and
/// <see cref="Base64"/> says what is in it. A part whose value is absent is left out.
/// </summary>
public sealed record PartSpec
{
    /// <summary>The field's name; needed in forms (RFC 7578), and only there.</summary>
    public string? Name { get; init; }

    /// <summary>JSON with placeholders.</summary>
    public JsonElement? Json { get; init; }

    /// <summary>A text with placeholders.</summary>
    public string? Text { get; init; }

    /// <summary>A placeholder whose value is base64 (RFC 4648 section 4); sent are the bytes that it stands for.</summary>
    public string? Base64 { get; init; }

    /// <summary>The file's name, a template; makes a file of the part.</summary>
    public string? FileName { get; init; }

    /// <summary>The media type, a template; <c>application/json</c> for JSON, <c>application/octet-stream</c> for bytes and none for texts when it is not given.</summary>
    public string? ContentType { get; init; }
}
