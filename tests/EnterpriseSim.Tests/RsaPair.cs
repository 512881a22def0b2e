using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Steward.EnterpriseSim.Tests;

/// <summary>A key pair that signs assertions.</summary>
internal sealed class RsaPair : IDisposable
{
    private readonly RSA rsa = RSA.Create(2048);

    public string PublicPem => rsa.ExportSubjectPublicKeyInfoPem();

    public string Sign(string issuer, string subject, string audience, TimeSpan? life = null)
    {
        var expires = TimeProvider.System.GetUtcNow().Add(life ?? TimeSpan.FromMinutes(3)).ToUnixTimeSeconds();
        var text = $"{Encode("""{"alg":"RS256"}""")}.{Encode(JsonSerializer.Serialize(new { iss = issuer, sub = subject, aud = audience, exp = expires }))}";
        return $"{text}.{Base64Url.EncodeToString(rsa.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public void Dispose() => rsa.Dispose();

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
