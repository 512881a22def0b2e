using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Security.Jwt;

namespace Steward.Engines.Security.Tests;

public sealed class JwtValidatorTests : IDisposable
{
    private const string IssuerName = "https://login.acme.example";

    private readonly ManualTimeProvider _time = new();
    private readonly ECDsa _p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly RSA _rsa = RSA.Create(2048);

    public void Dispose()
    {
        _p256.Dispose();
        _p384.Dispose();
        _rsa.Dispose();
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private string Keys()
    {
        static JsonObject Ec(ECDsa key, string curve, string id)
        {
            var q = key.ExportParameters(false).Q;
            return new JsonObject { ["kty"] = "EC", ["crv"] = curve, ["kid"] = id, ["x"] = Base64Url.EncodeToString(q.X), ["y"] = Base64Url.EncodeToString(q.Y) };
        }

        var rsa = _rsa.ExportParameters(false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(
                Ec(_p256, "P-256", "es256"),
                Ec(_p384, "P-384", "es384"),
                new JsonObject { ["kty"] = "RSA", ["kid"] = "rsa", ["n"] = Base64Url.EncodeToString(rsa.Modulus), ["e"] = Base64Url.EncodeToString(rsa.Exponent) }),
        }.ToJsonString();
    }

    private JwtIssuerOptions Options(Action<JwtIssuerOptions>? change = null)
    {
        var options = new JwtIssuerOptions
        {
            Issuer = IssuerName,
            Audiences = { "steward" },
            Algorithms = { "ES256", "ES384", "RS256", "PS256" },
            Jwks = Keys(),
            TenantId = "t-acme",
        };
        change?.Invoke(options);
        return options;
    }

    private JwtValidator Validator(params JwtIssuerOptions[] options) =>
        new(options.Length == 0 ? [Options()] : options, new JwksSource(null!, _time), _time);

    private JsonObject Claims(Action<JsonObject>? change = null)
    {
        var claims = new JsonObject
        {
            ["iss"] = IssuerName,
            ["aud"] = "steward",
            ["sub"] = "ada",
            ["iat"] = _time.Now.ToUnixTimeSeconds(),
            ["exp"] = _time.Now.AddMinutes(10).ToUnixTimeSeconds(),
        };
        change?.Invoke(claims);
        return claims;
    }

    private byte[] SignatureOf(string algorithm, string input)
    {
        var bytes = Encoding.ASCII.GetBytes(input);
        return algorithm switch
        {
            "ES256" => _p256.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            "ES384" => _p384.SignData(bytes, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            "RS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            _ => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        };
    }

    private string Token(string algorithm, string header, string claims)
    {
        var input = $"{Encode(header)}.{Encode(claims)}";
        return $"{input}.{Base64Url.EncodeToString(SignatureOf(algorithm, input))}";
    }

    private string Token(Action<JsonObject>? claims = null, string algorithm = "ES256", string keyId = "es256", string extra = "") =>
        Token(algorithm, $$"""{"alg":"{{algorithm}}","kid":"{{keyId}}"{{extra}}}""", Claims(claims).ToJsonString());

    private async Task<string> CodeOf(string token, Action<JwtIssuerOptions>? change = null) =>
        (await Validator(Options(change)).ValidateAsync(token, default)).Failure?.Code ?? "valid";

    [Theory]
    [InlineData("ES256", "es256")]
    [InlineData("ES384", "es384")]
    [InlineData("RS256", "rsa")]
    [InlineData("PS256", "rsa")]
    public async Task ValidateAsync_EachAlgorithm_IsAccepted(string algorithm, string keyId)
    {
        var result = await Validator().ValidateAsync(Token(algorithm: algorithm, keyId: keyId), default);

        Assert.True(result.IsValid, result.Failure?.Message);
        Assert.Equal(("t-acme", "u-ada"), (result.Identity.TenantId, result.Identity.UserId));
    }

    [Fact]
    public async Task ValidateAsync_AnySingleBitFlipped_IsRefused()
    {
        var validator = Validator();
        var token = Token();
        Assert.True((await validator.ValidateAsync(token, default)).IsValid);
        var positions = Gen.Choose(0, token.Length - 1).SelectMany(_ => Gen.Choose(0, 7), (at, bit) => (at, bit));
        Prop.ForAll(positions.ToArbitrary(), flip =>
        {
            var characters = token.ToCharArray();
            characters[flip.at] ^= (char)(1 << flip.bit);
            return !validator.ValidateAsync(new string(characters), default).AsTask().GetAwaiter().GetResult().IsValid;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public async Task ValidateAsync_AnySingleBitOfTheDecodedPartsFlipped_IsRefused()
    {
        var validator = Validator();
        var parts = Token().Split('.').Select(part => Base64Url.DecodeFromChars(part)).ToArray();
        foreach (var part in parts)
        {
            for (var bit = 0; bit < part.Length * 8; bit++)
            {
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                var token = string.Join('.', parts.Select(bytes => Base64Url.EncodeToString(bytes)));
                Assert.False((await validator.ValidateAsync(token, default)).IsValid, $"bit {bit}");
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Fact]
    public void ValidateAsync_AnyText_NeverThrows()
    {
        var validator = Validator();
        Prop.ForAll<string, string, string>((a, b, c) =>
            !validator.ValidateAsync($"{a}.{b}.{c}", default).AsTask().GetAwaiter().GetResult().IsValid &&
            !validator.ValidateAsync($"{Encode(a ?? "")}.{Encode(b ?? "")}.{Encode(c ?? "")}", default).AsTask().GetAwaiter().GetResult().IsValid).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task ValidateAsync_HmacKeyedWithThePublicKey_IsRefused()
    {
        // The classic confusion: the verifier's public key used as an HMAC secret.
        var input = $"{Encode("""{"alg":"HS256","kid":"rsa"}""")}.{Encode(Claims().ToJsonString())}";
        foreach (var secret in new[] { _rsa.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem()), Encoding.UTF8.GetBytes(Keys()) })
        {
            var mac = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input));
            Assert.Equal("algorithm", await CodeOf($"{input}.{Base64Url.EncodeToString(mac)}"));
        }
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("nOnE")]
    [InlineData("es256")]
    [InlineData("EdDSA")]
    [InlineData("")]
    public async Task ValidateAsync_UnpinnedAlgorithm_IsRefused(string algorithm)
    {
        var header = Encode($$"""{"alg":"{{algorithm}}"}""");

        Assert.Equal("algorithm", await CodeOf($"{header}.{Encode(Claims().ToJsonString())}."));
    }

    [Fact]
    public async Task ValidateAsync_AlgorithmNotPinnedForTheIssuer_IsRefused() =>
        Assert.Equal("algorithm", await CodeOf(Token(algorithm: "RS256", keyId: "rsa"), options =>
        {
            options.Algorithms.Clear();
            options.Algorithms.Add("ES256");
        }));

    [Fact]
    public async Task ValidateAsync_KeyOfAnotherKind_IsRefused()
    {
        // An RS256 token that names the EC key, and an ES256 token that names the P-384 key.
        Assert.Equal("unknown_key", await CodeOf(Token(algorithm: "RS256", keyId: "es256")));
        Assert.Equal("unknown_key", await CodeOf(Token(algorithm: "ES256", keyId: "es384")));
    }

    [Fact]
    public async Task ValidateAsync_PssSignatureUnderRs256_IsRefused()
    {
        var token = Token("PS256", """{"alg":"RS256","kid":"rsa"}""", Claims().ToJsonString());

        Assert.Equal("signature", await CodeOf(token));
    }

    [Fact]
    public async Task ValidateAsync_DerEncodedEcdsaSignature_IsRefused()
    {
        var input = $"{Encode("""{"alg":"ES256","kid":"es256"}""")}.{Encode(Claims().ToJsonString())}";
        var der = _p256.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

        Assert.Equal("signature", await CodeOf($"{input}.{Base64Url.EncodeToString(der)}"));
    }

    [Fact]
    public async Task ValidateAsync_AllZeroEcdsaSignature_IsRefused()
    {
        // CVE-2022-21449, "psychic signatures".
        var input = $"{Encode("""{"alg":"ES256","kid":"es256"}""")}.{Encode(Claims().ToJsonString())}";

        Assert.Equal("signature", await CodeOf($"{input}.{Base64Url.EncodeToString(new byte[64])}"));
    }

    [Fact]
    public async Task ValidateAsync_TruncatedSignature_IsRefused()
    {
        var token = Token();
        var dot = token.LastIndexOf('.');

        Assert.Equal("signature", await CodeOf(token[..(dot + 1)]));
        var shorter = Base64Url.DecodeFromChars(token.AsSpan(dot + 1)).AsSpan(0, 63);
        Assert.Equal("signature", await CodeOf(token[..(dot + 1)] + Base64Url.EncodeToString(shorter)));
    }

    [Fact]
    public async Task ValidateAsync_SignedByAnotherTrustedIssuer_IsRefused()
    {
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = foreign.ExportParameters(false).Q;
        var other = Options(options =>
        {
            options.Issuer = "https://other.example";
            options.Jwks = $$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"es256","x":"{{Base64Url.EncodeToString(q.X)}}","y":"{{Base64Url.EncodeToString(q.Y)}}"}]}""";
        });
        var input = $"{Encode("""{"alg":"ES256","kid":"es256"}""")}.{Encode(Claims().ToJsonString())}";
        var signature = foreign.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        var result = await Validator(Options(), other).ValidateAsync($"{input}.{Base64Url.EncodeToString(signature)}", default);

        Assert.Equal("signature", result.Failure!.Code);
    }

    [Fact]
    public async Task ValidateAsync_Times_AreCheckedWithSkew()
    {
        var now = _time.Now.ToUnixTimeSeconds();

        Assert.Equal("valid", await CodeOf(Token(claims => claims["exp"] = now - 59)));
        Assert.Equal("expired", await CodeOf(Token(claims => claims["exp"] = now - 60)));
        Assert.Equal("valid", await CodeOf(Token(claims => claims["nbf"] = now + 60)));
        Assert.Equal("not_yet_valid", await CodeOf(Token(claims => claims["nbf"] = now + 61)));
        Assert.Equal("not_yet_valid", await CodeOf(Token(claims => claims["iat"] = now + 61)));
        Assert.Equal("claims", await CodeOf(Token(claims => claims.Remove("exp"))));
        Assert.Equal("claims", await CodeOf(Token(claims => claims["exp"] = "never")));
        Assert.Equal("claims", await CodeOf(Token(claims => claims["exp"] = 1e300)));
        Assert.Equal("claims", await CodeOf(Token(claims => claims["exp"] = now + (3 * 86400))));
    }

    [Fact]
    public async Task ValidateAsync_Audience_MustBeOurs()
    {
        Assert.Equal("valid", await CodeOf(Token(claims => claims["aud"] = new JsonArray("x", "steward"))));
        Assert.Equal("audience", await CodeOf(Token(claims => claims["aud"] = "stewards")));
        Assert.Equal("audience", await CodeOf(Token(claims => claims["aud"] = new JsonArray())));
        Assert.Equal("audience", await CodeOf(Token(claims => claims.Remove("aud"))));
    }

    [Fact]
    public async Task ValidateAsync_Type_MustBeThatOfATokenForUs()
    {
        Assert.Equal("valid", await CodeOf(Token(extra: ""","typ":"application/at+JWT" """)));
        Assert.Equal("type", await CodeOf(Token(extra: ""","typ":"secevent+jwt" """)));
        Assert.Equal("type", await CodeOf(Token(extra: ""","typ":7""")));
        Assert.Equal("type", await CodeOf(Token(), options => options.RequireType = true));
    }

    [Fact]
    public async Task ValidateAsync_CriticalExtensions_AreRefused() =>
        Assert.Equal("critical", await CodeOf(Token(extra: ""","crit":["exp"],"exp":1""")));

    [Theory]
    [InlineData("""{"alg":"ES256","alg":"ES256","kid":"es256"}""", null)]
    [InlineData("""{"alg":"ES256","kid":"es256"}""", """{"iss":"https://login.acme.example","aud":"steward","sub":"ada","sub":"root","exp":9999999999}""")]
    [InlineData("""{"alg":"ES256","kid":"es256"}""", """{"iss":"https://login.acme.example","aud":"steward","sub":"ada","s\u0075b":"root","exp":9999999999}""")]
    public async Task ValidateAsync_DuplicateMembers_AreRefused(string header, string? claims) =>
        Assert.Equal("malformed", await CodeOf(Token("ES256", header, claims ?? Claims().ToJsonString())));

    [Theory]
    [InlineData("""{"alg":"ES256","kid":"\ud800"}""", null)]
    [InlineData("""{"alg":"ES256","kid":"es256","\udc00":1}""", null)]
    [InlineData("""{"alg":"ES256","kid":"es256"}""", """{"iss":"\ud800"}""")]
    [InlineData("""{"alg":"ES256","kid":"es256"}""", """{"\ud800":"a","iss":"https://login.acme.example"}""")]
    public async Task ValidateAsync_HalfSurrogatePairs_AreRefused(string header, string? claims) =>
        Assert.Equal("malformed", await CodeOf(Token("ES256", header, claims ?? Claims().ToJsonString())));

    [Fact]
    public async Task ValidateAsync_WithoutKeyId_IsAcceptedOnlyWhenOneKeyFits()
    {
        var token = Token("ES256", """{"alg":"ES256"}""", Claims().ToJsonString());
        using var second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = second.ExportParameters(false).Q;

        Assert.Equal("valid", await CodeOf(token));
        Assert.Equal("unknown_key", await CodeOf(token, options => options.Jwks = options.Jwks!.Replace(
            "{\"keys\":[", $$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"b","x":"{{Base64Url.EncodeToString(q.X)}}","y":"{{Base64Url.EncodeToString(q.Y)}}"},""", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ValidateAsync_UnknownIssuer_IsRefused() =>
        Assert.Equal("unknown_issuer", await CodeOf(Token(claims => claims["iss"] = IssuerName + "/")));

    [Fact]
    public async Task ValidateAsync_TooLong_IsRefused() =>
        Assert.Equal("malformed", await CodeOf(Token(claims => claims["x"] = new string('x', JwtValidator.MaxTokenLength))));

    [Fact]
    public async Task ValidateAsync_TenantClaim_OnlyListedTenants()
    {
        void ByClaim(JwtIssuerOptions options)
        {
            options.TenantId = null;
            options.TenantClaim = "org";
            options.Tenants.Add("t-acme");
        }

        Assert.Equal("valid", await CodeOf(Token(claims => claims["org"] = "t-acme"), ByClaim));
        Assert.Equal("claims", await CodeOf(Token(claims => claims["org"] = "t-rival"), ByClaim));
        Assert.Equal("claims", await CodeOf(Token(claims => claims["org"] = "t-acme/r-1"), ByClaim));
        Assert.Equal("claims", await CodeOf(Token(), ByClaim));
    }

    [Fact]
    public async Task ValidateAsync_Claims_AreMapped()
    {
        var result = await Validator(Options(options =>
        {
            options.RolesClaim = "groups";
            options.RoleMap["IT Support"] = "helpdesk";
            options.RoleMap["evil"] = "system";
        })).ValidateAsync(Token(claims =>
        {
            claims["groups"] = new JsonArray("IT Support", "evil", "unmapped", 7);
            claims["name"] = "Ada Lovelace";
            claims["email"] = "ada@acme.example";
            claims["email_verified"] = true;
        }), default);

        Assert.Equal(new EnvelopeIdentity { TenantId = "t-acme", UserId = "u-ada", Roles = ["helpdesk"], Name = "Ada Lovelace", Email = "ada@acme.example" }, result.Identity);
    }

    [Fact]
    public async Task ValidateAsync_SystemRole_IsNeverTaken()
    {
        var result = await Validator().ValidateAsync(Token(claims => claims["roles"] = "system admin System"), default);

        Assert.Equal(["admin"], result.Identity!.Roles);
    }

    [Theory]
    [InlineData(null, false, null)]
    [InlineData("false", false, null)]
    [InlineData("\"false\"", false, null)]
    [InlineData("1", false, null)]
    [InlineData("null", false, null)]
    [InlineData("true", false, "ceo@acme.example")]
    [InlineData("\"true\"", false, "ceo@acme.example")]
    [InlineData(null, true, "ceo@acme.example")]
    [InlineData("false", true, null)]
    [InlineData("null", true, null)]
    public async Task ValidateAsync_Mail_IsBelievedWhenVerifiedOrOfATrustedIssuer(string? verified, bool trusts, string? expected)
    {
        var result = await Validator(Options(options => options.TrustUnverifiedEmail = trusts)).ValidateAsync(Token(claims => AddMail(claims, "email", verified)), default);

        Assert.Equal(expected, result.Identity!.Email);
    }

    [Theory]
    [InlineData("true", false, null)]
    [InlineData("true", true, "ceo@acme.example")]
    [InlineData(null, true, "ceo@acme.example")]
    public async Task ValidateAsync_MailOfAnotherClaim_IsNotWhatIsVerified(string? verified, bool trusts, string? expected)
    {
        void Change(JwtIssuerOptions options) => (options.EmailClaim, options.TrustUnverifiedEmail) = ("upn", trusts);
        var result = await Validator(Options(Change)).ValidateAsync(Token(claims => AddMail(claims, "upn", verified)), default);

        Assert.Equal(expected, result.Identity!.Email);
    }

    [Theory]
    [InlineData(null, false, "claims")]
    [InlineData("false", false, "claims")]
    [InlineData("false", true, "claims")]
    [InlineData("true", false, "valid")]
    [InlineData(null, true, "valid")]
    public async Task ValidateAsync_UserByMail_TakesAVerifiedOne(string? verified, bool trusts, string expected) =>
        Assert.Equal(expected, await CodeOf(Token(claims => AddMail(claims, "email", verified)), options => (options.UserClaim, options.TrustUnverifiedEmail) = ("email", trusts)));

    [Fact]
    public async Task ValidateAsync_UserByTheClaimOfTheMail_TakesAVerifiedOne() =>
        Assert.Equal("claims", await CodeOf(Token(claims => AddMail(claims, "upn", "true")), options => (options.UserClaim, options.EmailClaim) = ("upn", "upn")));

    private static void AddMail(JsonObject claims, string claim, string? verified)
    {
        claims[claim] = "ceo@acme.example";
        if (verified is not null)
        {
            claims["email_verified"] = JsonNode.Parse(verified);
        }
    }

    [Fact]
    public async Task ValidateAsync_DifferentSubjects_NeverShareAUserId()
    {
        var ids = new HashSet<string>();
        string[] subjects = ["ada", "Ada", "u-ada", "ada@acme.example", "auth0|ada", "h.ada", " ada", "h.00", new string('a', 200), new string('a', 201)];
        foreach (var subject in subjects)
        {
            var result = await Validator().ValidateAsync(Token(claims => claims["sub"] = subject), default);
            Assert.True(result.IsValid);
            Assert.True(ids.Add(result.Identity.UserId), subject);
            Assert.True(StewardIds.IsValid(result.Identity.UserId, 'u'), result.Identity.UserId);
        }
    }

    [Fact]
    public void Constructor_WrongOptions_SayTheFix()
    {
        var error = Assert.Throws<ArgumentException>(() => Validator(new JwtIssuerOptions { Issuer = "x", Algorithms = { "HS256" }, JwksUri = new Uri("http://login.example/keys") }));

        Assert.Contains("RS256, PS256, ES256, ES384", error.Message, StringComparison.Ordinal);
        Assert.Contains("https", error.Message, StringComparison.Ordinal);
        Assert.Contains("Audiences", error.Message, StringComparison.Ordinal);
    }
}
