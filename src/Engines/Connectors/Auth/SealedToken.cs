using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Auth;

/// <summary>A token in memory, encrypted with a key that this process alone has and that ends with it (AES-256-GCM).</summary>
internal sealed class SealedToken
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private static readonly byte[] ProcessKey = RandomNumberGenerator.GetBytes(32);

    private readonly byte[] _bytes;

    public SealedToken(SecretText token)
    {
        var plain = Encoding.UTF8.GetBytes(token.Reveal());
        _bytes = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(_bytes.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(ProcessKey, TagBytes);
        cipher.Encrypt(_bytes.AsSpan(0, NonceBytes), plain, _bytes.AsSpan(NonceBytes + TagBytes), _bytes.AsSpan(NonceBytes, TagBytes));
        CryptographicOperations.ZeroMemory(plain);
    }

    public SecretText Open()
    {
        var plain = new byte[_bytes.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(ProcessKey, TagBytes);
        cipher.Decrypt(_bytes.AsSpan(0, NonceBytes), _bytes.AsSpan(NonceBytes + TagBytes), _bytes.AsSpan(NonceBytes, TagBytes), plain);
        var token = new SecretText(Encoding.UTF8.GetString(plain));
        CryptographicOperations.ZeroMemory(plain);
        return token;
    }
}
