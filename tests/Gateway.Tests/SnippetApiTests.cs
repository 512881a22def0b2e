using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Sandbox;

namespace Steward.Gateway.Tests;

/// <summary>Snippets over the gateway, with the typed client: it says the same as the client over grains.</summary>
public class SnippetApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Execution = "x-0123456789abcdef0123456789abcdef";

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    [Fact]
    public async Task Snippets_ProposedDecidedAndRemoved_AreTheSameOverHttp()
    {
        await using var ofAda = HttpClientTests.Connect(gateway.Address, gateway.Token("u-ada", _tenant));
        await using var ofRoot = HttpClientTests.Connect(gateway.Address, gateway.Token("u-root", _tenant, WellKnownRoles.Admin));
        var (ada, root) = (SnippetsOf(ofAda), SnippetsOf(ofRoot));

        Assert.False(await ada.IsEnabledAsync());
        Assert.True(await root.ConfigureAsync(true));
        var proposed = await ada.ProposeAsync(Execution, "Counts tickets");
        Assert.Equal(new SandboxSnippet { Id = Execution, Title = "Counts tickets", Language = "python", Code = "print(1)", ProposedBy = "u-ada", ProposedAt = FakeSnippets.At }, proposed);
        var refused = await root.DecideAsync(Execution, false);
        Assert.Equal((false, "u-root", FakeSnippets.At), (refused.IsAccepted, refused.DecidedBy, refused.DecidedAt));
        Assert.True((await root.DecideAsync(Execution, true)).IsAccepted);
        Assert.Equal(await root.ListAsync(), await ada.ListAsync());
        Assert.True(Assert.Single(await ada.ListAsync()).IsAccepted);
        await root.RemoveAsync(Execution);
        Assert.Empty(await root.ListAsync());
        Assert.False(await root.ConfigureAsync(false));
    }

    [Fact]
    public async Task Snippets_WhatIsRefused_HasTheSameCodes()
    {
        await using var services = HttpClientTests.Connect(gateway.Address, gateway.Token("u-ada", _tenant));
        var ada = SnippetsOf(services);

        Assert.Equal(ErrorCodes.Conflict, await CodeOfAsync(() => ada.ProposeAsync(Execution, "Counts tickets")));
        Assert.Equal("title", (await Assert.ThrowsAsync<StewardException>(() => ada.ProposeAsync(Execution, ""))).Field);
        Assert.Equal(ErrorCodes.Forbidden, await CodeOfAsync(() => ada.ConfigureAsync(true)));
        Assert.Equal(ErrorCodes.Forbidden, await CodeOfAsync(() => ada.RemoveAsync(Execution)));
        await using var admin = HttpClientTests.Connect(gateway.Address, gateway.Token("u-root", _tenant, WellKnownRoles.Admin));
        Assert.Equal(ErrorCodes.NotFound, await CodeOfAsync(() => SnippetsOf(admin).DecideAsync(Execution, true)));
    }

    private static ISnippetClient SnippetsOf(ServiceProvider services) => services.GetRequiredService<IStewardUserClient>().Sandbox.Snippets;

    private static async Task<string> CodeOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<StewardException>(call)).Code;
}
