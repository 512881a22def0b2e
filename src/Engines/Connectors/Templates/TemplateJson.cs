using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Steward.Engines.Connectors.Templates;

/// <summary>How templates and instances are written as JSON: camel case, enumerations in snake case, durations such as <c>30s</c>, unknown members refused.</summary>
public static class TemplateJson
{
    /// <summary>The options.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            PropertyNameCaseInsensitive = false,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.Converters.Add(new DurationConverter());
        options.MakeReadOnly();
        return options;
    }

    private sealed class DurationConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && DurationText.TryParse(reader.GetString()!, out var duration)
                ? duration
                : throw new JsonException("must be a duration such as 200ms, 30s, 5m, 12h or 7d.");

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(DurationText.Of(value));
    }
}

/// <summary>Durations such as <c>200ms</c>, <c>30s</c>, <c>5m</c>, <c>12h</c> and <c>7d</c>.</summary>
internal static partial class DurationText
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var number = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        duration = match.Groups[2].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
        return true;
    }

    public static string Of(TimeSpan value) => value switch
    {
        { Milliseconds: not 0 } => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalMilliseconds}ms"),
        { Seconds: not 0 } => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalSeconds}s"),
        { Minutes: not 0 } => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalMinutes}m"),
        { Hours: not 0 } => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalHours}h"),
        { Days: 0 } => "0s",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalDays}d"),
    };

    [GeneratedRegex(@"\A([0-9]{1,7})(ms|s|m|h|d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
