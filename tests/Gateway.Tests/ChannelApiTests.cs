using System.Text;

namespace Steward.Gateway.Tests;

/// <summary>Where channels bring what people clicked.</summary>
public sealed class ChannelApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Post_Genuine_IsHandedOnByteForByteAndAnsweredWithNothing()
    {
        using var response = await gateway.Anonymous.SendAsync(Post("/channels/t-acme/slack", "payload=%7B%7D", FakeHooks.Word));

        var (tenant, channel, delivery) = gateway.Channels.Received.Last();
        Assert.Equal((200, "t-acme", "slack"), ((int)response.StatusCode, tenant, channel));
        Assert.Equal("payload=%7B%7D", Encoding.UTF8.GetString(delivery.Body));
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Post_ChannelThatIsAnsweredInTheBody_GetsIt()
    {
        using var response = await gateway.Anonymous.SendAsync(Post("/channels/t-acme/teams", "{}", FakeHooks.Word));

        Assert.Equal("""{"statusCode":200}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl?.NoStore);
    }

    [Theory]
    [InlineData("/channels/t-acme/slack")]
    [InlineData("/channels/t-acme/nothing")]
    [InlineData("/channels/t-nobody/slack")]
    [InlineData("/channels/NOT%20A%20TENANT/slack")]
    public async Task Post_NotBelieved_AnswersAreTheSameForEveryAddress(string path)
    {
        using var response = await gateway.Anonymous.SendAsync(Post(path, "{}", "guess"));

        var problem = await GatewayFixture.AssertProblem(response, 401, "unauthenticated");
        Assert.Equal("The request is not one that is expected here.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Get_DoesNothing()
    {
        var before = gateway.Channels.Received.Count;
        using var response = await gateway.Anonymous.GetAsync(new Uri("/channels/t-acme/slack", UriKind.Relative));

        Assert.Equal(405, (int)response.StatusCode);
        Assert.Equal(before, gateway.Channels.Received.Count);
    }

    [Fact]
    public async Task Post_CannotBeTakenNow_SenderIsAskedToComeAgain()
    {
        using var response = await gateway.Anonymous.SendAsync(Post("/channels/t-acme/busy", "{}", "guess"));

        await GatewayFixture.AssertProblem(response, 503, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
    }

    private static HttpRequestMessage Post(string path, string body, string word)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded") };
        request.Headers.Add("X-Word", word);
        return request;
    }
}

/// <summary>How much of the cluster strangers get through channels. Has a gateway of its own, whose clock stands still.</summary>
public sealed class ChannelLimitTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Post_Flood_IsRefusedBeforeTheClusterHearsOfItAndOthersStillCome()
    {
        Assert.Equal(200, await StatusAsync("/channels/t-acme/slack", FakeHooks.Word));
        for (var i = 0; i < 150; i++)
        {
            await StatusAsync($"/channels/t-x{i}/slack", "guess");
        }

        var before = gateway.Channels.Received.Count;
        Assert.Equal(429, await StatusAsync("/channels/t-new/slack", "guess"));
        Assert.Equal(before, gateway.Channels.Received.Count);
        Assert.Equal(200, await StatusAsync("/channels/t-acme/slack", FakeHooks.Word));
    }

    private async Task<int> StatusAsync(string path, string word)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("{}") };
        request.Headers.Add("X-Word", word);
        using var response = await gateway.Anonymous.SendAsync(request);
        return (int)response.StatusCode;
    }
}
