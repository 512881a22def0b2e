using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Steward.Engines.Security.Jwt;

/// <summary>An issuer's public keys (RFC 7517). Keys of kinds that are not supported are left out; private parts are not read.</summary>
public sealed class JsonWebKeySet
{
    /// <summary>The largest document, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int MaxKeys = 100;

    private JsonWebKeySet(IReadOnlyList<JsonWebKey> keys) => Keys = keys;

    internal IReadOnlyList<JsonWebKey> Keys { get; }

    /// <summary>The number of usable keys.</summary>
    public int Count => Keys.Count;

    /// <summary>Reads a JWKS document.</summary>
    /// <exception cref="FormatException">It is no JWKS, or too large.</exception>
    public static JsonWebKeySet Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Parse(Encoding.UTF8.GetBytes(json));
    }

    /// <summary>Reads a JWKS document.</summary>
    /// <exception cref="FormatException">It is no JWKS, or too large.</exception>
    public static JsonWebKeySet Parse(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
        {
            throw new FormatException($"The key set is larger than {MaxBytes} bytes.");
        }

        if (!StrictJson.TryParseObject(utf8, out var document))
        {
            throw new FormatException("The key set is not a JSON object.");
        }

        using (document)
        {
            if (!document.RootElement.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array)
            {
                throw new FormatException("The key set has no 'keys' array.");
            }

            if (keys.GetArrayLength() > MaxKeys)
            {
                throw new FormatException($"The key set has more than {MaxKeys} keys.");
            }

            return new JsonWebKeySet([.. keys.EnumerateArray().Select(JsonWebKey.TryCreate).OfType<JsonWebKey>()]);
        }
    }

    /// <summary>
    /// The keys that may have signed a token: those with its key id, or, when the token names none, the only key that fits the algorithm.
    /// </summary>
    internal IReadOnlyList<JsonWebKey> Find(string? keyId, string algorithm)
    {
        var fitting = Keys.Where(key => key.Supports(algorithm) && (keyId is null || key.KeyId == keyId)).ToList();
        return keyId is null && fitting.Count > 1 ? [] : fitting;
    }
}

/// <summary>One public key.</summary>
internal sealed class JsonWebKey
{
    // Whether one instance may verify on several threads at once is not documented, so each verification rents its own.
    private readonly ConcurrentBag<AsymmetricAlgorithm> _idle = [];
    private readonly Func<AsymmetricAlgorithm> _create;
    private readonly string? _algorithm;
    private readonly string[] _possible;

    private JsonWebKey(string? keyId, string? algorithm, string[] possible, Func<AsymmetricAlgorithm> create)
    {
        KeyId = keyId;
        _algorithm = algorithm;
        _possible = possible;
        _create = create;
    }

    public string? KeyId { get; }

    public static JsonWebKey? TryCreate(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object ||
            !MayVerify(key) ||
            !TryGetText(key, "kid", out var keyId) ||
            !TryGetText(key, "alg", out var algorithm))
        {
            return null;
        }

        try
        {
            switch (TextOf(key, "kty"))
            {
                case "RSA" when Bytes(key, "n") is { } modulus && Bytes(key, "e") is { Length: <= 8 } exponent:
                    var rsa = new RSAParameters { Modulus = modulus, Exponent = exponent };
                    if (modulus.Length is < 256 or > 1024 || modulus[0] == 0 || (exponent[^1] & 1) == 0 || (exponent.Length == 1 && exponent[0] < 3))
                    {
                        return null;
                    }

                    return Checked(new JsonWebKey(keyId, algorithm, [JwtAlgorithms.RS256, JwtAlgorithms.PS256], () => RSA.Create(rsa)));

                case "EC" when TextOf(key, "crv") is "P-256" or "P-384":
                    var isP256 = TextOf(key, "crv") == "P-256";
                    var size = isP256 ? 32 : 48;
                    if (Bytes(key, "x") is not { } x || Bytes(key, "y") is not { } y || x.Length != size || y.Length != size)
                    {
                        return null;
                    }

                    var ec = new ECParameters
                    {
                        Curve = isP256 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384,
                        Q = new ECPoint { X = x, Y = y },
                    };
                    return Checked(new JsonWebKey(keyId, algorithm, [isP256 ? JwtAlgorithms.ES256 : JwtAlgorithms.ES384], () => ECDsa.Create(ec)));

                default:
                    return null;
            }
        }
        catch (CryptographicException)
        {
            // For example a point that is not on the curve.
            return null;
        }
    }

    public bool Supports(string algorithm) => _possible.Contains(algorithm, StringComparer.Ordinal) && (_algorithm is null || _algorithm == algorithm);

    /// <summary>Checks a signature. The algorithm is the pinned one of the token, and the key's kind must fit it.</summary>
    public bool Verify(string algorithm, ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature)
    {
        if (!Supports(algorithm))
        {
            return false;
        }

        if (!_idle.TryTake(out var instance))
        {
            instance = _create();
        }

        try
        {
            return (algorithm, instance) switch
            {
                (JwtAlgorithms.RS256, RSA rsa) => rsa.VerifyData(signingInput, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
                (JwtAlgorithms.PS256, RSA rsa) => rsa.VerifyData(signingInput, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
                // RFC 7518 section 3.4: R and S of fixed length side by side, never the DER form.
                (JwtAlgorithms.ES256, ECDsa ecdsa) => signature.Length == 64 &&
                    ecdsa.VerifyData(signingInput, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
                (JwtAlgorithms.ES384, ECDsa ecdsa) => signature.Length == 96 &&
                    ecdsa.VerifyData(signingInput, signature, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
                _ => false,
            };
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            if (_idle.Count < Environment.ProcessorCount)
            {
                _idle.Add(instance);
            }
            else
            {
                instance.Dispose();
            }
        }
    }

    private static JsonWebKey Checked(JsonWebKey key)
    {
        key._idle.Add(key._create());
        return key;
    }

    private static bool MayVerify(JsonElement key)
    {
        if (key.TryGetProperty("use", out var use) && (use.ValueKind != JsonValueKind.String || !use.ValueEquals("sig")))
        {
            return false;
        }

        return !key.TryGetProperty("key_ops", out var operations) ||
               (operations.ValueKind == JsonValueKind.Array &&
                operations.EnumerateArray().Any(operation => operation.ValueKind == JsonValueKind.String && operation.ValueEquals("verify")));
    }

    private static bool TryGetText(JsonElement key, string name, out string? text)
    {
        text = null;
        if (!key.TryGetProperty(name, out var value))
        {
            return true;
        }

        text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is { Length: > 0 and <= 512 };
    }

    private static string? TextOf(JsonElement key, string name) =>
        key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Bytes(JsonElement key, string name) =>
        TextOf(key, name) is { Length: > 0 } text && StrictBase64Url.TryDecode(text, out var bytes) ? bytes : null;
}

/// <summary>JSON as hostile input: strict UTF-8, an object on top, no duplicate members anywhere, bounded depth, no comments.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = 16,
    };

    public static bool TryParseObject(ReadOnlyMemory<byte> utf8, out JsonDocument document)
    {
        document = null!;
        if (!Utf8.IsValid(utf8.Span))
        {
            return false;
        }

        try
        {
            var parsed = JsonDocument.Parse(utf8, Options);
            if (parsed.RootElement.ValueKind != JsonValueKind.Object || !HasSoundTexts(utf8.Span))
            {
                parsed.Dispose();
                return false;
            }

            document = parsed;
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Whether no escape stands for half of a surrogate pair; reading such a text later would throw.</summary>
    private static bool HasSoundTexts(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = Options.MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                _ = reader.GetString();
            }
        }

        return true;
    }
}
