using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>
/// SHA-256 of everything that an answer depends on. Made of a <see cref="CacheScope"/> and a call only; the whole request goes in, so that a new parameter of it is part of the key without anybody's doing, and every part
/// goes in with its length, so that no two calls read the same.
/// </summary>
public readonly struct AnswerKey : IEquatable<AnswerKey>
{
    private const int LargestKeptBuffer = 256 * 1024;

    /// <summary>How requests are written: whole, and what is one of several kinds with its kind.</summary>
    internal static readonly JsonSerializerOptions Format = new() { Converters = { new KindConverterFactory() } };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private AnswerKey(ReadOnlySpan<byte> hash) => (_high, _low) = (BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));

    /// <summary>The key of an answer: equal for calls of one scope that ask the same, word for word.</summary>
    public static AnswerKey Of(CacheScope scope, ModelCall call) => Of(scope, call, "exact", "", CanonicalRequest(call, withoutLastText: false));

    /// <summary>The key of a group of questions: equal for calls of one scope that are the same but for the words of the last message, and agree in <paramref name="facts"/>.</summary>
    internal static AnswerKey OfGroup(CacheScope scope, ModelCall call, QuestionFacts facts) => Of(scope, call, "group", facts.Canonical, CanonicalRequest(call, withoutLastText: true));

    /// <inheritdoc/>
    public bool Equals(AnswerKey other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AnswerKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)(ulong)_low;

    /// <summary>Equal.</summary>
    public static bool operator ==(AnswerKey left, AnswerKey right) => left.Equals(right);

    /// <summary>Not equal.</summary>
    public static bool operator !=(AnswerKey left, AnswerKey right) => !left.Equals(right);

    private static AnswerKey Of(CacheScope scope, ModelCall call, string kind, string facts, ChatRequest request)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(4096);
        buffer.ResetWrittenCount();
        Write(buffer, kind);
        Write(buffer, scope.TenantId);
        Write(buffer, scope.Rights);
        Write(buffer, call.Model);
        Write(buffer, call.Origin.PromptVersion ?? "");
        Write(buffer, Text(call.Variants.Count));
        foreach (var variant in call.Variants.Order(StringComparer.Ordinal))
        {
            Write(buffer, variant);
        }

        var sources = Sources(call).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        Write(buffer, Text(sources.Count));
        foreach (var (source, version) in sources)
        {
            Write(buffer, source);
            Write(buffer, Text(version));
        }

        Write(buffer, facts);
        using (var json = new Utf8JsonWriter(buffer))
        {
            JsonSerializer.Serialize(json, request, Format);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer.WrittenSpan, hash);
        if (buffer.Capacity > LargestKeptBuffer)
        {
            _buffer = null;
        }

        return new AnswerKey(hash);
    }

    // The state of the sources is in the key: after a change the old answers are not found any more, and go as everything unused does.
    private static IEnumerable<KeyValuePair<string, long>> Sources(ModelCall call)
    {
        var (named, versions) = (call.Origin.Cache.Sources, call.Policy.SourceVersions);
        return named.Count == 0 ? versions : named.Append("").Distinct(StringComparer.Ordinal).Select(source => KeyValuePair.Create(source, versions.GetValueOrDefault(source)));
    }

    private static ChatRequest CanonicalRequest(ModelCall call, bool withoutLastText)
    {
        // Ids of calls are made by providers at random: their order says as much.
        Dictionary<string, string>? ids = null;
        string Id(string id)
        {
            ids ??= new Dictionary<string, string>(StringComparer.Ordinal);
            return ids.TryGetValue(id, out var known) ? known : ids[id] = Text(ids.Count);
        }

        var messages = call.Request.Messages;
        var canonical = new ChatMessage[messages.Count];
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            canonical[i] = message with
            {
                Text = withoutLastText && i == messages.Count - 1 ? "" : Canonical(message.Text),
                ToolCalls = message.ToolCalls.Count == 0 ? message.ToolCalls : [.. message.ToolCalls.Select(tool => tool with { Id = Id(tool.Id) })],
                ToolCallId = message.ToolCallId is { } id ? Id(id) : null,
            };
        }

        return call.Request with { Messages = canonical, Origin = null, Deadline = null };
    }

    // Spaces inside a text can matter (code, tables); those around it, the kind of line ends and the way of writing accents do not.
    private static string Canonical(string text)
    {
        text = text.Trim();
        text = text.Contains('\r', StringComparison.Ordinal) ? text.ReplaceLineEndings("\n") : text;
        return Ascii.IsValid(text) || HasLoneSurrogate(text) ? text : text.Normalize();
    }

    // Such a text cannot be normalised.
    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[++i])))
            {
                return true;
            }
        }

        return false;
    }

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void Write(ArrayBufferWriter<byte> buffer, string text)
    {
        // UTF-16 as it is: two texts that differ only in broken characters stay two.
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan());
        BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(4), bytes.Length);
        buffer.Advance(4);
        buffer.Write(bytes);
    }
}
