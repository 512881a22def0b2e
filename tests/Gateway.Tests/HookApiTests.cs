using System.Text;

namespace Steward.Gateway.Tests;

/// <summary>Where external systems tell what happened.</summary>
public sealed class HookApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Post_Genuine_IsHandedOnByteForByte()
    {
        using var request = Post("/hooks/t-acme/github?x=1", "{ \"a\":\t1 }");
        request.Headers.Add("X-Word", FakeHooks.Word);
        request.Headers.Add("X-Twice", ["a", "b"]);

        using var response = await gateway.Anonymous.SendAsync(request);

        var (tenant, instance, delivery) = gateway.Hooks.Received.Last();
        Assert.Equal((202, "t-acme", "github"), ((int)response.StatusCode, tenant, instance));
        Assert.Equal("{ \"a\":\t1 }", Encoding.UTF8.GetString(delivery.Body));
        Assert.Equal("1", delivery.Query["x"]);
        Assert.EndsWith("/hooks/t-acme/github?x=1", delivery.Url, StringComparison.Ordinal);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Post_HeaderThatComesTwice_CountsAsAbsent()
    {
        using var request = Post("/hooks/t-acme/github", "{}");
        request.Headers.TryAddWithoutValidation("X-Word", FakeHooks.Word);
        request.Headers.TryAddWithoutValidation("x-word", "another");

        using var response = await gateway.Anonymous.SendAsync(request);

        Assert.Equal(401, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("/hooks/t-acme/github")]
    [InlineData("/hooks/t-acme/nothing")]
    [InlineData("/hooks/t-nobody/github")]
    [InlineData("/hooks/NOT A TENANT/github")]
    public async Task Post_NotBelieved_AnswersAreTheSameForEveryAddress(string path)
    {
        using var response = await gateway.Anonymous.SendAsync(Post(path.Replace(" ", "%20", StringComparison.Ordinal), "{}"));

        var problem = await GatewayFixture.AssertProblem(response, 401, "unauthenticated");
        Assert.Equal("The request is not one that is expected here.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Post_Handshake_IsEchoedAsPlainText()
    {
        using var response = await gateway.Anonymous.SendAsync(Post("/hooks/t-acme/graph?validationToken=abc%20def", ""));

        Assert.Equal("abc def", await response.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task Post_TooLarge_IsRefused()
    {
        using var fits = await gateway.Anonymous.SendAsync(Post("/hooks/t-acme/github", new string('a', 1024 * 1024)));
        using var tooLarge = Post("/hooks/t-acme/github", new string('a', (1024 * 1024) + 1));
        // Who waits for the answer before sending the body cannot lose it to a connection closed while writing.
        tooLarge.Headers.ExpectContinue = true;
        using var large = await gateway.Anonymous.SendAsync(tooLarge);

        Assert.Equal(401, (int)fits.StatusCode);
        Assert.Equal(413, (int)large.StatusCode);
    }

    [Fact]
    public async Task Post_CannotBeTakenNow_SenderIsAskedToComeAgain()
    {
        using var response = await gateway.Anonymous.SendAsync(Post("/hooks/t-acme/busy", "{}"));

        await GatewayFixture.AssertProblem(response, 503, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Put_IsNotTaken()
    {
        using var response = await gateway.Anonymous.PutAsync(new Uri("/hooks/t-acme/github", UriKind.Relative), new StringContent("{}"));

        Assert.Equal(405, (int)response.StatusCode);
    }

    private static HttpRequestMessage Post(string path, string body) => new(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
}

/// <summary>How much of the cluster strangers get through webhooks. Has a gateway of its own, whose clock stands still.</summary>
public sealed class HookLimitTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Post_Flood_IsRefusedBeforeTheClusterHearsOfItAndOthersStillCome()
    {
        Assert.Equal(202, await StatusAsync("/hooks/t-acme/known", FakeHooks.Word));
        for (var i = 0; i < 150; i++)
        {
            await StatusAsync($"/hooks/t-x{i}/any", "guess");
        }

        var before = gateway.Hooks.Received.Count;
        Assert.Equal(429, await StatusAsync("/hooks/t-new/any", "guess"));
        Assert.Equal(before, gateway.Hooks.Received.Count);
        Assert.Equal(202, await StatusAsync("/hooks/t-acme/known", FakeHooks.Word));
    }

    private async Task<int> StatusAsync(string path, string word)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("{}") };
        request.Headers.Add("X-Word", word);
        using var response = await gateway.Anonymous.SendAsync(request);
        return (int)response.StatusCode;
    }
}
