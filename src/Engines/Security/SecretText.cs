using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Security;

/// <summary>
/// A credential that does not print itself: <see cref="ToString"/>, the debugger, structured logs and JSON all show <c>***</c>.
/// Configuration binds it from a plain string; JSON reads it from one.
/// </summary>
[DebuggerDisplay("***")]
[TypeConverter(typeof(SecretTextTypeConverter))]
[JsonConverter(typeof(SecretTextJsonConverter))]
public sealed class SecretText : IEquatable<SecretText>
{
    /// <summary>What is shown in place of the content.</summary>
    public const string Redacted = "***";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly string _value;

    /// <summary>Wraps a credential.</summary>
    public SecretText(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
    }

    /// <summary>Whether there is nothing in it but white space.</summary>
    public bool IsBlank => string.IsNullOrWhiteSpace(_value);

    /// <summary>The credential itself, to be used at the place that sends or checks it and nowhere else.</summary>
    public string Reveal() => _value;

    /// <summary>Takes the credential out of a text that is about to be logged or shown, also where it stands in its URL-encoded form.</summary>
    /// <param name="text">Any text, for example an error message of a server that echoes requests.</param>
    /// <returns>The text with each occurrence replaced by <c>***</c>.</returns>
    public string RedactFrom(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Shorter "secrets" would shred ordinary words; real credentials are longer.
        if (_value.Length < 4)
        {
            return text;
        }

        text = text.Replace(_value, Redacted, StringComparison.Ordinal);
        var escaped = Uri.EscapeDataString(_value);
        return escaped == _value ? text : text.Replace(escaped, Redacted, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => Redacted;

    /// <summary>Compares in a time that does not depend on where the contents differ.</summary>
    public bool Equals(SecretText? other) =>
        other is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(_value), Encoding.UTF8.GetBytes(other._value));

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as SecretText);

    /// <inheritdoc />
    public override int GetHashCode() => _value.GetHashCode(StringComparison.Ordinal);

    private sealed class SecretTextTypeConverter : TypeConverter
    {
        public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

        public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
            value is string text ? new SecretText(text) : base.ConvertFrom(context, culture, value);

        public override object? ConvertTo(ITypeDescriptorContext? context, CultureInfo? culture, object? value, Type destinationType) =>
            destinationType == typeof(string) ? Redacted : base.ConvertTo(context, culture, value, destinationType);
    }

    private sealed class SecretTextJsonConverter : JsonConverter<SecretText>
    {
        public override SecretText? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? new SecretText(reader.GetString()!) : throw new JsonException("A secret is a JSON string.");

        public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) => writer.WriteStringValue(Redacted);
    }
}
