using System.Text;
using Steward.Engines.Security.Jwt;

namespace Steward.Engines.Security.Tests;

/// <summary>Vectors as published in RFC 7515 Appendix A, RFC 7517 Appendix A and RFC 7520.</summary>
public sealed class JwtVectorTests
{
    private const string Rfc7515Payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string Rfc7515RsaModulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW" +
        "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k" +
        "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

    private const string A2Signature =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4" +
        "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv" +
        "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    private const string A3Signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private const string Rfc7515Keys =
        """{"keys":[{"kty":"RSA","n":"%RSA%","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}""";

    private static string Keys => Rfc7515Keys.Replace("%RSA%", Rfc7515RsaModulus, StringComparison.Ordinal);

    [Theory]
    [InlineData("eyJhbGciOiJSUzI1NiJ9", "RS256", A2Signature)]
    [InlineData("eyJhbGciOiJFUzI1NiJ9", "ES256", A3Signature)]
    public void Verify_Rfc7515Example_IsAcceptedAndEveryBitMatters(string header, string algorithm, string signature)
    {
        var key = Assert.Single(JsonWebKeySet.Parse(Keys).Find(null, algorithm));
        var input = Encoding.ASCII.GetBytes($"{header}.{Rfc7515Payload}");
        Assert.True(StrictBase64Url.TryDecode(signature, out var bytes));

        Assert.True(key.Verify(algorithm, input, bytes));
        for (var bit = 0; bit < bytes.Length * 8; bit += 7)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(key.Verify(algorithm, input, bytes), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Verify_Rfc7515A2SignatureTruncated_IsRefused()
    {
        var key = Assert.Single(JsonWebKeySet.Parse(Keys).Find(null, "RS256"));
        Assert.True(StrictBase64Url.TryDecode(A2Signature, out var bytes));
        var input = Encoding.ASCII.GetBytes($"eyJhbGciOiJSUzI1NiJ9.{Rfc7515Payload}");

        Assert.False(key.Verify("RS256", input, bytes.AsSpan(0, bytes.Length - 1)));
        Assert.False(key.Verify("RS256", input, []));
        Assert.False(key.Verify("PS256", input, bytes));
    }

    [Fact]
    public async Task ValidateAsync_Rfc7515Examples_FailOnlyForWhatTheyLackAsBearerTokens()
    {
        // The published tokens carry no audience; that this is what they are refused for shows that their signatures were accepted.
        var issuer = new JwtIssuerOptions
        {
            Issuer = "joe", Audiences = { "steward" }, Algorithms = { "RS256", "ES256" }, Jwks = Keys, TenantId = "t-acme", UserClaim = "iss",
        };
        var validator = new JwtValidator([issuer], new JwksSource(new NoHttpClients(), TimeProvider.System), new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1300819000)));

        var rsa = await validator.ValidateAsync($"eyJhbGciOiJSUzI1NiJ9.{Rfc7515Payload}.{A2Signature}", default);
        var ecdsa = await validator.ValidateAsync($"eyJhbGciOiJFUzI1NiJ9.{Rfc7515Payload}.{A3Signature}", default);
        var swapped = await validator.ValidateAsync($"eyJhbGciOiJFUzI1NiJ9.{Rfc7515Payload}.{A2Signature}", default);

        Assert.Equal("audience", rsa.Failure!.Code);
        Assert.Equal("audience", ecdsa.Failure!.Code);
        Assert.Equal("signature", swapped.Failure!.Code);
    }

    [Fact]
    public async Task ValidateAsync_Rfc7515A1AndA5_HmacAndNoneAreRefused()
    {
        var issuer = new JwtIssuerOptions { Issuer = "joe", Audiences = { "a" }, Algorithms = { "RS256" }, Jwks = Keys, TenantId = "t-acme" };
        var validator = new JwtValidator([issuer], new JwksSource(new NoHttpClients(), TimeProvider.System), TimeProvider.System);

        var hmac = await validator.ValidateAsync($"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{Rfc7515Payload}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", default);
        var none = await validator.ValidateAsync($"eyJhbGciOiJub25lIn0.{Rfc7515Payload}.", default);

        Assert.Equal("algorithm", hmac.Failure!.Code);
        Assert.Equal("algorithm", none.Failure!.Code);
    }

    [Fact]
    public void Parse_Rfc7517AppendixA1_KeepsTheKeyThatMaySign()
    {
        // The example's EC key is for encryption ("use":"enc"), its RSA key for RS256.
        var set = JsonWebKeySet.Parse(
            """
            {"keys":
              [
                {"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"},
                {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}
              ]
            }
            """);

        Assert.Equal(1, set.Count);
        Assert.Single(set.Find("2011-04-29", "RS256"));
        Assert.Empty(set.Find("2011-04-29", "PS256"));
        Assert.Empty(set.Find("1", "ES256"));
    }

    [Fact]
    public void Verify_Rfc7520Section41_IsAccepted()
    {
        var set = JsonWebKeySet.Parse(
            """
            {"keys":[{"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw","e":"AQAB"},
            {"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521","x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt","y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"}]}
            """);
        Assert.True(StrictBase64Url.TryDecode(
            "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4J" +
            "IwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluP" +
            "xUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg", out var signature));
        var input = Encoding.ASCII.GetBytes(
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." +
            "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBk" +
            "b24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4");

        // P-521 is not among the accepted curves, so one key is left.
        var key = Assert.Single(set.Find("bilbo.baggins@hobbiton.example", "RS256"));
        Assert.Equal(1, set.Count);
        Assert.True(key.Verify("RS256", input, signature));
    }

    private sealed class NoHttpClients : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => throw new InvalidOperationException("No request is expected.");
    }
}
