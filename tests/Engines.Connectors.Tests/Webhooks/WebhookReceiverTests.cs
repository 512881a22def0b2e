using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Webhooks;

public sealed class WebhookReceiverTests
{
    private const string SlackCommand =
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        + "&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        + "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    private readonly HookFixture.Clock _time = new(DateTimeOffset.FromUnixTimeSeconds(1531420618));

    [Fact]
    public async Task Receive_SlacksDocumentedExample_IsAccepted()
    {
        var request = HookFixture.Post(
            SlackCommand,
            ("x-slack-request-timestamp", "1531420618"),
            ("x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"));

        var verdict = await Judge(HookFixture.Slack with { Body = WebhookBodyFormat.Form, EventTypePath = "command", EventIdPath = "trigger_id" }, request, HookFixture.SlackSecret);

        var happened = Assert.Single(Assert.IsType<HookAccepted>(verdict).Events);
        Assert.Equal("/webhook-collect", happened.Type);
        Assert.Equal("events:398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c", happened.Id);
    }

    [Fact]
    public void Check_GitHubsDocumentedExample_IsRight()
    {
        var request = HookFixture.Post("Hello, World!", ("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"));

        Assert.Null(HookSignature.Check(HookFixture.GitHub.Verification, [new SecretText("It's a Secret to Everybody")], request, _time.Now, out _));
    }

    [Fact]
    public async Task Receive_IdThatIsNotSigned_ComesWithOneThatFollowsFromTheSignature()
    {
        var first = await GitHubEvent("d1", """{"a":1}""");
        var again = await GitHubEvent("d2", """{"a":1}""");
        var other = await GitHubEvent("d1", """{"a":2}""");

        Assert.NotEqual(first.Id, again.Id);
        Assert.Equal(first.SignedId, again.SignedId);
        Assert.NotEqual(first.SignedId, other.SignedId);
    }

    [Theory]
    [InlineData("issues", """{"action":"opened"}""", "tickets")]
    [InlineData("issues.labeled", """{"action":"opened"}""", "")]
    [InlineData("member.added", """{"action":"opened"}""", "people")]
    [InlineData("member", """{"action":"opened"}""", "")]
    [InlineData("push", """{"action":"opened","repository":{"tags":["old","archive"]}}""", "archive")]
    [InlineData("issues", """{"repository":{"tags":["archive"]}}""", "tickets")]
    [InlineData("deployment", """{"repository":{"tags":[]}}""", "")]
    [InlineData("deployment", """{"environment":null}""", "")]
    [InlineData("deployment", """{"environment":5}""", "deploys")]
    public async Task Receive_RulesOfRoutes_TheFirstThatHoldsDecides(string type, string body, string route)
    {
        var webhook = HookFixture.GitHub with
        {
            Routes =
            [
                new HookRouteSpec { Types = ["issues", "issue_comment"], To = "tickets" },
                new HookRouteSpec { Types = ["member.*"], To = "people" },
                new HookRouteSpec { BodyPath = "repository.tags.*", EqualTo = System.Text.Json.JsonSerializer.SerializeToElement("archive"), To = "archive" },
                new HookRouteSpec { Types = ["deployment"], BodyPath = "environment", To = "deploys" },
            ],
        };

        var sent = HookFixture.FromGitHub(body, "d1", "s3cret");
        var verdict = await Judge(webhook, sent with { Headers = new Dictionary<string, string>(sent.Headers) { ["X-GitHub-Event"] = type } }, "s3cret");

        Assert.Equal(route, Assert.Single(Assert.IsType<HookAccepted>(verdict).Events).Route);
    }

    [Fact]
    public async Task Receive_IdThatIsSigned_NeedsNoOther()
    {
        var request = HookFixture.FromSlack("""{"event_id":"Ev1","event":{"type":"message"}}""", _time.Now);

        Assert.Null(Assert.Single(Assert.IsType<HookAccepted>(await Judge(HookFixture.Slack, request, HookFixture.SlackSecret)).Events).SignedId);
    }

    [Fact]
    public async Task Receive_IdOfTwoHeaders_IsBothTogetherOrNone()
    {
        var webhook = new WebhookTemplate { Id = "channel", Verification = new WebhookVerification { Kind = WebhookVerificationKind.Header, Header = "X-Goog-Channel-Token" }, EventIdHeader = "X-Goog-Channel-ID,X-Goog-Message-Number" };
        var both = await Judge(webhook, HookFixture.Post("{}", ("X-Goog-Channel-Token", "t"), ("X-Goog-Channel-ID", "c"), ("X-Goog-Message-Number", "7")), "t");
        var one = await Judge(webhook, HookFixture.Post("{}", ("X-Goog-Channel-Token", "t"), ("X-Goog-Channel-ID", "c")), "t");

        Assert.Equal("channel:c,7", Assert.Single(Assert.IsType<HookAccepted>(both).Events).Id);
        Assert.StartsWith("#", Assert.Single(Assert.IsType<HookAccepted>(one).Events).Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receive_DocuSignTriesAgain_EventHasTheSameIdAlthoughTheBodyCountsTheAttempts()
    {
        var webhook = TemplateCatalog.Find("docusign")!.Template.Webhooks.Single();
        var first = await DocuSignEvent(webhook, retryCount: 0, "2026-01-02T03:04:05.1234567Z");

        Assert.Equal("connect:envelope-completed,44efc9e6-915e-4b1d-9b54-801410d6922d,2026-01-02T03:04:05.1234567Z", first);
        Assert.Equal(first, await DocuSignEvent(webhook, retryCount: 3, "2026-01-02T03:04:05.1234567Z"));
        Assert.NotEqual(first, await DocuSignEvent(webhook, retryCount: 0, "2026-01-02T03:05:00.0000000Z"));
    }

    private async Task<string> DocuSignEvent(WebhookTemplate webhook, int retryCount, string generated)
    {
        var body = $$$"""{"event":"envelope-completed","retryCount":{{{retryCount}}},"generatedDateTime":"{{{generated}}}","data":{"envelopeId":"44efc9e6-915e-4b1d-9b54-801410d6922d"}}""";
        var signature = Convert.ToBase64String(System.Security.Cryptography.HMACSHA256.HashData("secret"u8, System.Text.Encoding.UTF8.GetBytes(body)));
        return Assert.Single(Assert.IsType<HookAccepted>(await Judge(webhook, HookFixture.Post(body, ("X-DocuSign-Signature-1", signature)), "secret")).Events).Id;
    }

    private async Task<HookEvent> GitHubEvent(string delivery, string body)
    {
        var signature = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData("secret"u8, System.Text.Encoding.UTF8.GetBytes(body)));
        var verdict = await Judge(HookFixture.GitHub, HookFixture.Post(body, ("X-Hub-Signature-256", "sha256=" + signature), ("X-GitHub-Delivery", delivery)), "secret");
        return Assert.Single(Assert.IsType<HookAccepted>(verdict).Events);
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(301, false)]
    [InlineData(-300, true)]
    [InlineData(-301, false)]
    public async Task Receive_SignatureOfAnotherTime_IsAcceptedWithinFiveMinutes(int seconds, bool accepted)
    {
        var request = HookFixture.FromSlack("""{"event_id":"Ev1","event":{"type":"message"}}""", _time.Now);
        _time.Now += TimeSpan.FromSeconds(seconds);

        Assert.Equal(accepted, await Judge(HookFixture.Slack, request, HookFixture.SlackSecret) is HookAccepted);
    }

    [Fact]
    public async Task Receive_SlackTriesAgain_EventHasTheSameId()
    {
        var first = HookFixture.FromSlack("""{"event_id":"Ev1","event":{"type":"message"}}""", _time.Now);
        _time.Now += TimeSpan.FromMinutes(1);
        var second = HookFixture.FromSlack("""{"event_id":"Ev1","event":{"type":"message"}}""", _time.Now);
        second = second with { Headers = new Dictionary<string, string>(second.Headers) { ["X-Slack-Retry-Num"] = "1", ["X-Slack-Retry-Reason"] = "http_timeout" } };

        var ids = new[] { first, second }.Select(async request => Assert.Single(Assert.IsType<HookAccepted>(await Judge(HookFixture.Slack, request, HookFixture.SlackSecret)).Events).Id);

        Assert.Equal("events:Ev1", Assert.Single((await Task.WhenAll(ids)).Distinct()));
    }

    [Fact]
    public async Task Receive_SlacksUrlVerification_IsAnsweredOnlyWhenSigned()
    {
        const string Body = """{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}""";
        var signed = HookFixture.FromSlack(Body, _time.Now);

        var answer = Assert.IsType<HookChallenged>(await Judge(HookFixture.Slack, signed, HookFixture.SlackSecret));

        Assert.Equal("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", answer.Body);
        Assert.StartsWith("text/plain", answer.ContentType, StringComparison.Ordinal);
        Assert.IsType<HookRefused>(await Judge(HookFixture.Slack, signed, "another secret"));
    }

    [Fact]
    public async Task Receive_OktasOneTimeVerification_IsAnsweredForEveryAddress()
    {
        var request = new HookRequest { Method = "GET", Headers = new Dictionary<string, string> { ["x-okta-verification-challenge"] = "jOsfZ-_HJ5" } };

        var known = Assert.IsType<HookChallenged>(await Judge(HookFixture.Okta, request, "s3cret"));
        var unknown = Assert.IsType<HookChallenged>(await HookFixture.Receiver(_time).ReceiveAsync(null, request, CancellationToken.None));

        Assert.Equal("""{"verification":"jOsfZ-_HJ5"}""", known.Body);
        Assert.Equal(known, unknown);
    }

    [Theory]
    [InlineData("Validation: Testing client application reachability for subscription Request-Id: 522a8e7e", true)]
    [InlineData("<script>alert(1)</script>", false)]
    [InlineData("a\r\nSet-Cookie: x=1", false)]
    public async Task Receive_GraphsValidationToken_IsEchoedAsPlainTextWhenHarmless(string token, bool echoed)
    {
        var request = HookFixture.Post("") with { Query = new Dictionary<string, string> { ["validationToken"] = token } };

        var verdict = await Judge(HookFixture.Graph, request, "state");

        if (echoed)
        {
            Assert.Equal(new HookChallenged(token, "text/plain; charset=utf-8"), verdict);
        }
        else
        {
            Assert.IsType<HookRefused>(verdict);
        }
    }

    [Fact]
    public async Task Receive_GraphBatch_EachEventNeedsTheClientState()
    {
        const string Good = """{"value":[{"clientState":"state","changeType":"created","resource":"a"},{"clientState":"state","changeType":"updated","resource":"b"}]}""";
        const string OneWithout = """{"value":[{"clientState":"state","changeType":"created"},{"changeType":"updated"}]}""";
        const string OneWrong = """{"value":[{"clientState":"state","changeType":"created"},{"clientState":"guess","changeType":"updated"}]}""";

        var accepted = Assert.IsType<HookAccepted>(await Judge(HookFixture.Graph, HookFixture.Post(Good), "state"));

        Assert.Equal(["created", "updated"], accepted.Events.Select(happened => happened.Type));
        Assert.Equal(2, accepted.Events.Select(happened => happened.Id).Distinct().Count());
        Assert.IsType<HookRefused>(await Judge(HookFixture.Graph, HookFixture.Post(OneWithout), "state"));
        Assert.IsType<HookRefused>(await Judge(HookFixture.Graph, HookFixture.Post(OneWrong), "state"));
        Assert.IsType<HookRefused>(await Judge(HookFixture.Graph, HookFixture.Post("""{"value":[]}"""), "state"));
    }

    [Theory]
    [InlineData("https://login.microsoftonline.com/d1/v2.0", "c1", 10, true)]
    [InlineData("https://login.microsoftonline.com/d2/v2.0", "c1", 10, false)]
    [InlineData("https://login.microsoftonline.com/d1/v2.0", "c2", 10, false)]
    [InlineData("https://login.microsoftonline.com/d1/v2.0", "c1", -10, false)]
    public async Task Receive_GraphValidationTokens_MustBeOfTheIssuerAndForTheInstance(string issuer, string audience, int minutes, bool accepted)
    {
        using var keys = new HookFixture.OneKey();
        var token = keys.Sign(issuer, audience, _time.Now + TimeSpan.FromMinutes(minutes));
        var request = HookFixture.Post($$"""{"value":[{"clientState":"state","changeType":"created"}],"validationTokens":["{{token}}"]}""");

        var verdict = await HookFixture.Receiver(_time, keys).ReceiveAsync(HookFixture.Target(HookFixture.Graph, "state"), request, CancellationToken.None);

        Assert.Equal(accepted, verdict is HookAccepted);
    }

    [Fact]
    public async Task Receive_JwtWhoseKeysCannotBeHad_IsRefusedForNow()
    {
        using var keys = new HookFixture.OneKey();
        var webhook = HookFixture.Graph with { Verification = HookFixture.Graph.Verification with { Kind = WebhookVerificationKind.Jwt, Path = null } };
        var token = keys.Sign("https://login.microsoftonline.com/d1/v2.0", "c1", _time.Now + TimeSpan.FromMinutes(5));
        var request = HookFixture.Post("""{"value":[{"changeType":"created"}]}""", ("Authorization", "Bearer " + token));

        Assert.True(Assert.IsType<HookRefused>(await Judge(webhook, request)).IsTransient);
        Assert.IsType<HookAccepted>(await HookFixture.Receiver(_time, keys).ReceiveAsync(HookFixture.Target(webhook), request, CancellationToken.None));
    }

    [Fact]
    public async Task Receive_SecretIsBeingReplaced_BothAreAccepted()
    {
        var old = HookFixture.FromGitHub("{}", "d1", "old secret");
        var current = HookFixture.FromGitHub("{}", "d2", "new secret");

        Assert.IsType<HookAccepted>(await Judge(HookFixture.GitHub, old, "new secret", "old secret"));
        Assert.IsType<HookAccepted>(await Judge(HookFixture.GitHub, current, "new secret", "old secret"));
        Assert.IsType<HookRefused>(await Judge(HookFixture.GitHub, old, "new secret"));
    }

    [Fact]
    public async Task Receive_NoSecretIsSet_IsRefused()
    {
        Assert.IsType<HookRefused>(await Judge(HookFixture.GitHub, HookFixture.FromGitHub("{}", "d1", "")));
        Assert.IsType<HookRefused>(await Judge(HookFixture.Okta, HookFixture.Post("""{"data":{"events":[{}]}}""", ("Authorization", "")), ""));
    }

    [Theory]
    [InlineData("Basic aG9vazpwYXNz", true)]
    [InlineData("basic aG9vazpwYXNz", true)]
    [InlineData("Basic aG9vazpwYXN0", false)]
    [InlineData("Basic !!!", false)]
    [InlineData("Bearer aG9vazpwYXNz", false)]
    public async Task Receive_Basic_UserAndPasswordMustMatch(string header, bool accepted)
    {
        var webhook = new WebhookTemplate { Id = "w", Verification = new WebhookVerification { Kind = WebhookVerificationKind.Basic } };

        Assert.Equal(accepted, await Judge(webhook, HookFixture.Post("{}", ("Authorization", header)), "hook:pass") is HookAccepted);
    }

    [Fact]
    public async Task Receive_ZoomsUrlValidation_IsAnsweredWithTheHash()
    {
        var webhook = new WebhookTemplate
        {
            Id = "events",
            Verification = new WebhookVerification { Kind = WebhookVerificationKind.Hmac, Header = "x-zm-signature", Prefix = "v0=", Payload = "v0:{timestamp}:{body}", TimestampHeader = "x-zm-request-timestamp" },
            Challenges =
            [
                new ChallengeSpec
                {
                    BodyPath = "payload.plainToken",
                    AnswerMember = "plainToken",
                    HashMember = "encryptedToken",
                    Verified = true,
                    When = new ReplySignal { BodyPath = "event", Matches = @"\Aendpoint\.url_validation\z" },
                },
            ],
        };
        const string Body = """{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event":"endpoint.url_validation"}""";
        var slack = HookFixture.FromSlack(Body, _time.Now, "zoom");
        var request = HookFixture.Post(Body, ("x-zm-request-timestamp", slack.Headers["X-Slack-Request-Timestamp"]), ("x-zm-signature", slack.Headers["X-Slack-Signature"]));
        var hash = Convert.ToHexStringLower(HMACSHA256.HashData("zoom"u8, "qgg8vlvZRS6UYooatFL8Aw"u8));

        var answer = Assert.IsType<HookChallenged>(await Judge(webhook, request, "zoom"));

        Assert.Equal($$"""{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"{{hash}}"}""", answer.Body);
    }

    [Theory]
    [InlineData("t=1531420618,v1=BAD,v1=GOOD", true)]
    [InlineData("t=1531420618,v1=BAD", false)]
    [InlineData("v1=GOOD", false)]
    public async Task Receive_SeveralSignaturesWithTheTimeAmongThem_OneMustBeRight(string header, bool accepted)
    {
        // As Stripe does.
        var webhook = new WebhookTemplate
        {
            Id = "w",
            Verification = new WebhookVerification { Kind = WebhookVerificationKind.Hmac, Header = "Stripe-Signature", Prefix = "v1=", Payload = "{timestamp}.{body}", TimestampHeader = "Stripe-Signature#t" },
        };
        var good = Convert.ToHexStringLower(HMACSHA256.HashData("s"u8, "1531420618.{}"u8));
        var request = HookFixture.Post("{}", ("Stripe-Signature", header.Replace("GOOD", good, StringComparison.Ordinal).Replace("BAD", new string('0', 64), StringComparison.Ordinal)));

        Assert.Equal(accepted, await Judge(webhook, request, "s") is HookAccepted);
    }

    [Theory]
    [InlineData("1531420618000", true)]
    [InlineData("2018-07-12T18:36:58Z", true)]
    [InlineData("yesterday", false)]
    [InlineData("99999999999999999999", false)]
    public async Task Receive_TimesInOtherForms_AreUnderstood(string timestamp, bool accepted)
    {
        var webhook = new WebhookTemplate
        {
            Id = "w",
            Verification = new WebhookVerification
            {
                Kind = WebhookVerificationKind.Hmac,
                Header = "X-Signature",
                Encoding = SignatureEncoding.Base64,
                Payload = "{method}{url}{body}{timestamp}",
                TimestampHeader = "X-Time",
            },
        };
        var signature = HMACSHA256.HashData("s"u8, Encoding.UTF8.GetBytes("POSThttps://steward.example/hooks/t-acme/x{}" + timestamp));
        var request = HookFixture.Post("{}", ("X-Time", timestamp), ("X-Signature", Convert.ToBase64String(signature)));

        Assert.Equal(accepted, await Judge(webhook, request, "s") is HookAccepted);
    }

    [Fact]
    public void Receive_AnyChangeOfBodySignatureOrTime_IsRefused() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>>().Generator.Select(text => text.Get).Zip(ArbMap.Default.ArbFor<int>().Generator, (text, seed) => (text, seed)).ToArbitrary(),
        sample =>
        {
            var body = System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { ["event_id"] = "e", ["text"] = sample.text });
            var request = HookFixture.FromSlack(body, _time.Now);
            Assert.IsType<HookAccepted>(Judge(HookFixture.Slack, request, HookFixture.SlackSecret).AsTask().GetAwaiter().GetResult());

            var bytes = request.Body.ToArray();
            bytes[(sample.seed & int.MaxValue) % bytes.Length] ^= 1;
            var headers = new Dictionary<string, string>(request.Headers);
            var signature = headers["X-Slack-Signature"].ToCharArray();
            var at = 3 + ((sample.seed & int.MaxValue) % 64);
            signature[at] = signature[at] == '0' ? '1' : '0';
            headers["X-Slack-Signature"] = new string(signature);
            var later = new Dictionary<string, string>(request.Headers) { ["X-Slack-Request-Timestamp"] = (_time.Now.ToUnixTimeSeconds() + 1).ToString(CultureInfo.InvariantCulture) };

            return new[] { request with { Body = bytes }, request with { Headers = headers }, request with { Headers = later } }
                .All(changed => Judge(HookFixture.Slack, changed, HookFixture.SlackSecret).AsTask().GetAwaiter().GetResult() is HookRefused);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Receive_AnyBytes_NeverThrows() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        ArbMap.Default.ArbFor<bool>(),
        (bytes, form) =>
        {
            var webhook = HookFixture.Okta with { Body = form ? WebhookBodyFormat.Form : WebhookBodyFormat.Json };
            var request = HookFixture.Post("", ("Authorization", "s3cret")) with { Body = bytes };
            return Judge(webhook, request, "s3cret").AsTask().GetAwaiter().GetResult() is HookRefused or HookAccepted;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Receive_MoreEventsThanAllowed_IsRefused()
    {
        var body = """{"data":{"events":[""" + string.Join(',', Enumerable.Repeat("{}", 1001)) + "]}}";

        Assert.IsType<HookRefused>(await Judge(HookFixture.Okta, HookFixture.Post(body, ("Authorization", "s3cret")), "s3cret"));
    }

    [Fact]
    public async Task Receive_TextThatIsNoUnicode_IsRefused()
    {
        var half = HookFixture.FromSlack("""{"event_id":"\ud800","event":{"type":"message"}}""", _time.Now);
        var bytes = HookFixture.Post("", ("Authorization", "s3cret")) with { Body = "{\"data\":{\"events\":[{\"uuid\":\""u8.ToArray().Concat(new byte[] { 0xff, 0x22, 0x7d, 0x5d, 0x7d, 0x7d }).ToArray() };

        Assert.IsType<HookRefused>(await Judge(HookFixture.Slack, half, HookFixture.SlackSecret));
        Assert.IsType<HookRefused>(await Judge(HookFixture.Okta, bytes, "s3cret"));
    }

    [Fact]
    public async Task Receive_DeepOrHugeBody_IsRefused()
    {
        var deep = new string('[', 10_000) + new string(']', 10_000);
        var huge = "\"" + new string('a', WebhookReceiver.MaxBodyBytes) + "\"";

        Assert.IsType<HookRefused>(await Judge(HookFixture.Okta, HookFixture.Post(deep, ("Authorization", "s3cret")), "s3cret"));
        Assert.IsType<HookRefused>(await Judge(HookFixture.Okta, HookFixture.Post(huge, ("Authorization", "s3cret")), "s3cret"));
    }

    private ValueTask<HookVerdict> Judge(WebhookTemplate webhook, HookRequest request, params string[] secrets) =>
        HookFixture.Receiver(_time).ReceiveAsync(HookFixture.Target(webhook, secrets), request, CancellationToken.None);
}
