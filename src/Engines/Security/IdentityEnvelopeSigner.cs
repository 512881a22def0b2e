using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Steward.Engines.Security;

/// <summary>
/// Signs and verifies the caller identity that travels with every grain call, so that a silo can trust it. The envelope is
/// <c>v1.&lt;key id&gt;.&lt;base64url JSON&gt;.&lt;base64url HMAC-SHA256&gt;</c>; the code covers everything before the last dot. Safe for concurrent use.
/// </summary>
public sealed class IdentityEnvelopeSigner
{
    /// <summary>How long an envelope is valid unless the caller says otherwise.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(5);

    /// <summary>The longest lifetime that can be asked for.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);

    /// <summary>The longest envelope, in characters.</summary>
    public const int MaxLength = 8 * 1024;

    private const int MacBytes = 32;
    private const int MacChars = 43;
    private const string Purpose = "steward/identity-envelope/v1";

    // Clocks of a cluster's machines differ; a sender may be ahead by this much.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly string _currentKeyId;
    private readonly FrozenDictionary<string, byte[]> _keys;
    private readonly FrozenDictionary<string, byte[]>.AlternateLookup<ReadOnlySpan<char>> _keysBySpan;

    // Only envelopes whose code was right get in, so strangers cannot fill it. The look-up compares whole strings found through a
    // randomised hash, which tells an attacker nothing about how much of a forged code was right.
    private readonly TwoGenerationCache<string, Verified> _verified = new(16 * 1024, StringComparer.Ordinal);
    private readonly TwoGenerationCache<EnvelopeIdentity, Signed> _signed = new(16 * 1024);

    /// <summary>Creates a signer.</summary>
    public IdentityEnvelopeSigner(ClusterKeyRing keys, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _currentKeyId = keys.CurrentKeyId;
        _keys = keys.KeyIds.ToFrozenDictionary(id => id, id => keys.TryDeriveKey(id, Purpose)!, StringComparer.Ordinal);
        _keysBySpan = _keys.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Signs an identity. Envelopes of the default lifetime are reused until half of it has passed.</summary>
    /// <param name="identity">Who calls.</param>
    /// <param name="lifetime">How long the envelope is valid: up to one hour, five minutes by default.</param>
    /// <exception cref="ArgumentException">The identity lacks tenant or user, or does not fit into 8 KB.</exception>
    public string Sign(EnvelopeIdentity identity, TimeSpan? lifetime = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var now = _time.GetUtcNow();
        if (lifetime is { } asked)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(asked, TimeSpan.Zero, nameof(lifetime));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(asked, MaxLifetime, nameof(lifetime));
            return Create(identity, now, now + asked);
        }

        if (_signed.TryGet(identity, out var signed) && signed.IssuedAt <= now && now < signed.RenewAt)
        {
            return signed.Envelope;
        }

        // The copy keeps a role list that its owner changes later from changing the cache's key.
        identity = identity with { Roles = [.. identity.Roles] };
        var envelope = Create(identity, now, now + DefaultLifetime);
        _signed.Set(identity, new Signed(envelope, now, now + (DefaultLifetime / 2)));
        return envelope;
    }

    /// <summary>Verifies an envelope. Never throws for any input.</summary>
    /// <param name="envelope">What came with the call; null counts as missing.</param>
    /// <param name="identity">The identity, when the result is true.</param>
    /// <param name="failure">Why not, safe to show, when the result is false.</param>
    public bool TryVerify(string? envelope, [NotNullWhen(true)] out EnvelopeIdentity? identity, out string? failure)
    {
        identity = null;
        if (string.IsNullOrEmpty(envelope))
        {
            failure = "The call carries no identity envelope.";
            return false;
        }

        if (envelope.Length > MaxLength)
        {
            failure = $"The identity envelope is longer than {MaxLength} characters.";
            return false;
        }

        if (!_verified.TryGet(envelope, out var verified))
        {
            if (!TryOpen(envelope, out verified, out failure))
            {
                return false;
            }

            _verified.Set(envelope, verified);
        }

        var now = _time.GetUtcNow();
        if (now >= verified.ExpiresAt)
        {
            _verified.Remove(envelope);
            failure = "The identity envelope has expired.";
            return false;
        }

        if (verified.IssuedAt > now + ClockSkew)
        {
            failure = "The identity envelope was issued in the future; compare the machines' clocks.";
            return false;
        }

        identity = verified.Identity;
        failure = null;
        return true;
    }

    private string Create(EnvelopeIdentity identity, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
    {
        ArgumentException.ThrowIfNullOrEmpty(identity.TenantId);
        ArgumentException.ThrowIfNullOrEmpty(identity.UserId);
        var payload = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(payload))
        {
            writer.WriteStartObject();
            writer.WriteString("t", identity.TenantId);
            writer.WriteString("u", identity.UserId);
            writer.WriteStartArray("r");
            foreach (var role in identity.Roles)
            {
                writer.WriteStringValue(role);
            }

            writer.WriteEndArray();
            if (identity.Name is not null)
            {
                writer.WriteString("n", identity.Name);
            }

            if (identity.Email is not null)
            {
                writer.WriteString("e", identity.Email);
            }

            writer.WriteNumber("iat", issuedAt.ToUnixTimeMilliseconds());
            writer.WriteNumber("exp", expiresAt.ToUnixTimeMilliseconds());
            writer.WriteEndObject();
        }

        var signedPart = $"v1.{_currentKeyId}.{Base64Url.EncodeToString(payload.WrittenSpan)}";
        if (signedPart.Length + 1 + MacChars > MaxLength)
        {
            throw new ArgumentException($"The identity does not fit into an envelope of {MaxLength} characters; it has too many or too long roles.", nameof(identity));
        }

        Span<byte> mac = stackalloc byte[MacBytes];
        HMACSHA256.HashData(_keys[_currentKeyId], Encoding.ASCII.GetBytes(signedPart), mac);
        return $"{signedPart}.{Base64Url.EncodeToString(mac)}";
    }

    private bool TryOpen(string envelope, out Verified verified, out string? failure)
    {
        verified = default!;
        failure = "The identity envelope is malformed.";
        var text = envelope.AsSpan();
        if (!text.StartsWith("v1.", StringComparison.Ordinal) || !Ascii.IsValid(text))
        {
            return false;
        }

        var keyEnd = text[3..].IndexOf('.');
        var macStart = text.LastIndexOf('.') + 1;
        if (keyEnd <= 0 || macStart <= 3 + keyEnd + 1 || text.Length - macStart != MacChars)
        {
            return false;
        }

        if (!_keysBySpan.TryGetValue(text.Slice(3, keyEnd), out var key))
        {
            failure = "The identity envelope was signed with a key that this cluster does not know.";
            return false;
        }

        var signedPart = text[..(macStart - 1)];
        var payloadText = signedPart[(3 + keyEnd + 1)..];
        var bytes = ArrayPool<byte>.Shared.Rent(signedPart.Length);
        try
        {
            var length = Encoding.ASCII.GetBytes(signedPart, bytes);
            // The expected code is compared in its text form: there is exactly one accepted spelling of it.
            Span<byte> mac = stackalloc byte[MacBytes];
            HMACSHA256.HashData(key, bytes.AsSpan(0, length), mac);
            Span<byte> expected = stackalloc byte[MacChars];
            Base64Url.EncodeToUtf8(mac, expected);
            Span<byte> given = stackalloc byte[MacChars];
            Encoding.ASCII.GetBytes(text[macStart..], given);
            if (!CryptographicOperations.FixedTimeEquals(expected, given))
            {
                failure = "The identity envelope's signature is wrong.";
                return false;
            }

            if (!StrictBase64Url.TryDecode(payloadText, out var payload) || !TryRead(payload, out verified))
            {
                return false;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        failure = null;
        return true;
    }

    private static bool TryRead(byte[] payload, out Verified verified)
    {
        verified = default!;
        string? tenant = null, user = null, name = null, email = null;
        List<string> roles = [];
        long issuedAt = long.MinValue, expiresAt = long.MinValue;
        if (!Utf8.IsValid(payload))
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(payload);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var property = reader.GetString();
                reader.Read();
                switch (property)
                {
                    case "t": tenant = reader.GetString(); break;
                    case "u": user = reader.GetString(); break;
                    case "n": name = reader.GetString(); break;
                    case "e": email = reader.GetString(); break;
                    case "iat": issuedAt = reader.GetInt64(); break;
                    case "exp": expiresAt = reader.GetInt64(); break;
                    case "r" when reader.TokenType == JsonTokenType.StartArray:
                        while (reader.Read() && reader.TokenType == JsonTokenType.String)
                        {
                            roles.Add(reader.GetString()!);
                        }

                        break;
                    default: return false;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }

        if (string.IsNullOrEmpty(tenant) || string.IsNullOrEmpty(user) || issuedAt < 0 || expiresAt <= issuedAt || expiresAt > 253_402_300_799_999)
        {
            return false;
        }

        verified = new Verified(
            new EnvelopeIdentity { TenantId = tenant, UserId = user, Roles = [.. roles], Name = name, Email = email },
            DateTimeOffset.FromUnixTimeMilliseconds(issuedAt),
            DateTimeOffset.FromUnixTimeMilliseconds(expiresAt));
        return true;
    }

    private sealed record Verified(EnvelopeIdentity Identity, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

    private sealed record Signed(string Envelope, DateTimeOffset IssuedAt, DateTimeOffset RenewAt);
}
