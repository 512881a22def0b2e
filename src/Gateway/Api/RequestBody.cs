using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Steward.Client.Http;
using Steward.Errors;

namespace Steward.Gateway.Api;

/// <summary>Reads JSON bodies strictly and says exactly what is wrong with one that is refused.</summary>
internal static class RequestBody
{
    // Deep enough for a plan, and no more.
    private const int MaxDepth = 32;

    /// <summary>The body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="type">What it must be.</param>
    /// <param name="maxBytes">The largest body.</param>
    /// <param name="whenAbsent">Stands for a body that was not sent; null when there must be one.</param>
    /// <exception cref="StewardException">It is not what it must be.</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, int maxBytes, T? whenAbsent = null)
        where T : class
    {
        var request = context.Request;
        if (whenAbsent is not null && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return whenAbsent;
        }

        if (!request.HasJsonContentType())
        {
            throw new StewardException(WireCodes.UnsupportedMediaType, "The body must be JSON: send Content-Type: application/json.") { Field = "Content-Type" };
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = maxBytes;
        }

        var pipe = request.BodyReader;
        while (true)
        {
            var read = await pipe.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > maxBytes)
            {
                throw Problems.ProblemWriter.TooLarge(context);
            }

            if (!read.IsCompleted)
            {
                pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            try
            {
                var reader = new Utf8JsonReader(read.Buffer, new JsonReaderOptions { MaxDepth = MaxDepth });
                var body = JsonSerializer.Deserialize(ref reader, type);
                while (reader.Read())
                {
                    // Throws on anything after the object.
                }

                return body ?? throw new StewardException(ErrorCodes.InvalidArgument, "The body must be a JSON object, not null.");
            }
            catch (JsonException exception)
            {
                throw Explain(exception, type);
            }
            finally
            {
                pipe.AdvanceTo(read.Buffer.End);
            }
        }
    }

    private static StewardException Explain(JsonException exception, JsonTypeInfo type)
    {
        var place = string.Create(
            CultureInfo.InvariantCulture,
            $"line {(exception.LineNumber ?? 0) + 1}, position {(exception.BytePositionInLine ?? 0) + 1}");
        // The reader's own exceptions are about the text; the others are about what the text means.
        if (exception.InnerException is JsonException || exception.GetType() != typeof(JsonException))
        {
            return new StewardException(ErrorCodes.InvalidArgument, $"The body is not valid JSON at {place}.", exception);
        }

        var field = FieldOf(exception.Path);
        if (field is null)
        {
            return new StewardException(ErrorCodes.InvalidArgument, $"The body must be a JSON object; see {place}.", exception);
        }

        var (property, owner) = Resolve(field, type);
        if (property is null)
        {
            var known = string.Join(", ", owner.Properties.Select(known => known.Name));
            return new StewardException(ErrorCodes.InvalidArgument, $"{field}: is not a field of this request ({place}). Its fields are {known}.", exception) { Field = field };
        }

        var allowed = exception.Message.Contains("duplicate", StringComparison.OrdinalIgnoreCase) ? "must not appear twice" : $"must be {Describe(property.PropertyType)}";
        return new StewardException(ErrorCodes.InvalidArgument, $"{field}: {allowed} ({place}).", exception) { Field = field };
    }

    /// <summary>The property that a path such as <c>limits.steps</c> means, and the type whose property it is or should be. What lies inside of free JSON belongs to that.</summary>
    private static (JsonPropertyInfo? Property, JsonTypeInfo Owner) Resolve(string path, JsonTypeInfo type)
    {
        JsonPropertyInfo? property = null;
        foreach (var name in path.Split('.'))
        {
            if (property is not null)
            {
                var inner = type.Options.GetTypeInfo(property.PropertyType);
                if (inner.Kind != JsonTypeInfoKind.Object)
                {
                    return (property, type);
                }

                type = inner;
            }

            property = type.Properties.FirstOrDefault(candidate => string.Equals(candidate.Name, name, StringComparison.Ordinal));
            if (property is null)
            {
                return (null, type);
            }
        }

        return (property, type);
    }

    private static string? FieldOf(string? path)
    {
        if (path is not { Length: > 2 } || path[0] != '$')
        {
            return null;
        }

        // Names with characters that a path cannot hold stand in brackets and quotes.
        if (path.StartsWith("$['", StringComparison.Ordinal))
        {
            return path[3..].TrimEnd(']').TrimEnd('\'');
        }

        // Of a list inside, the list is named.
        var end = path.AsSpan(2).IndexOf('[');
        return end < 0 ? path[2..] : path.Substring(2, end);
    }

    private static string Describe(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain switch
        {
            _ when plain == typeof(string) => "a string",
            _ when plain == typeof(bool) => "true or false",
            _ when plain == typeof(int) || plain == typeof(long) => "a whole number",
            _ when plain == typeof(decimal) || plain == typeof(double) => "a number",
            _ when plain == typeof(LimitsResource) => "an object",
            _ when plain == typeof(DateTimeOffset) => "a date and time such as 2026-01-31T12:00:00Z",
            _ when plain == typeof(IReadOnlyList<string>) => "a list of strings",
            _ when plain.IsEnum => "one of " + string.Join(", ", Enum.GetNames(plain).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)),
            _ => "of the type that /openapi/v1.json states",
        };
    }
}
