// Oblivious to nullability, since Orleans annotates these signatures differently from release to release.
#nullable disable annotations
using System.Collections;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orleans.Storage;

namespace Steward.Storage;

/// <summary>
/// Grain states as UTF-8 JSON, readable with SQL: property names as in the code, enumerations by name. Members that a newer build wrote are skipped.
/// </summary>
/// <remarks>
/// Properties with a setter that is not public, and collections that have none, come back as well; System.Text.Json alone would lose them silently.
/// </remarks>
public sealed class JsonGrainStateSerializer : IGrainStorageSerializer
{
    private static readonly JsonSerializerOptions Options = new()
    {
        // The text goes into a database, never into a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RestoreEverything } },
    };

    /// <inheritdoc/>
    public BinaryData Serialize<T>(T input) => new(JsonSerializer.SerializeToUtf8Bytes(input, Options));

    /// <inheritdoc/>
    public T Deserialize<T>(BinaryData input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return JsonSerializer.Deserialize<T>(input.ToMemory().Span, Options);
    }

    private static void RestoreEverything(JsonTypeInfo type)
    {
        // Types that are made by a constructor with parameters get their values through it.
        if (type.Kind != JsonTypeInfoKind.Object || type.CreateObject is null)
        {
            return;
        }

        foreach (var property in type.Properties)
        {
            if (property.Set is not null || property.Get is null || property.AttributeProvider is not PropertyInfo member)
            {
                continue;
            }

            if (member.GetSetMethod(nonPublic: true) is not null)
            {
                property.Set = member.SetValue;
            }
            else if (property.PropertyType != typeof(string) && !property.PropertyType.IsArray && typeof(IEnumerable).IsAssignableFrom(property.PropertyType))
            {
                property.ObjectCreationHandling = JsonObjectCreationHandling.Populate;
            }
        }
    }
}
