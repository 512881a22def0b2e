using System.Text.Json;

namespace Steward.Engines.Connectors.Tests.Pipeline;

public sealed class ReconcileTests : IAsyncLifetime
{
    private FakeVendor _vendor = null!;
    private Piped _sut = null!;

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _sut = Piped.Of(Templates.Things, _vendor.Url);
    }

    public async Task DisposeAsync()
    {
        _sut.Dispose();
        await _vendor.DisposeAsync();
    }

    [Fact]
    public async Task ReconcileAsync_EffectIsThere_GivesTheResultOfTheAction()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"things":[{"id":1,"name":"other"},{"id":2,"name":"n"}]}""");

        var done = Assert.IsType<ReconciledDone>(await _sut.ReconcileAsync("things.create", new { name = "n" }));

        Assert.Equal("""{"id":2,"name":"n"}""", done.Result.GetRawText());
        Assert.Matches("^steward-[0-9a-f]{24}$", Assert.Single(_vendor.Requests).Parameter("q"));
        Assert.True(DateTimeOffset.Parse(_vendor.Requests[0].Parameter("since")!, System.Globalization.CultureInfo.InvariantCulture) < TimeProvider.System.GetUtcNow().AddSeconds(-100));
    }

    [Theory]
    [InlineData(200, """{"things":[]}""")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"things":[{"id":1,"name":"other"}]}""")]
    [InlineData(404, "{}")]
    public async Task ReconcileAsync_EffectIsNotThere_WasNotDone(int status, string body)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, body, status);

        Assert.IsType<ReconciledNotDone>(await _sut.ReconcileAsync("things.create", new { name = "n" }));
    }

    [Fact]
    public async Task ReconcileAsync_EffectAppearsLate_IsFoundAfterTheSettleDelay()
    {
        using var sut = new Piped(_sut.Template, _vendor.Url, settleDelay: TimeSpan.FromMilliseconds(50));
        _vendor.Answer = (_, http) => FakeVendor.Json(http, _vendor.Requests.Count == 1 ? """{"things":[]}""" : """{"things":[{"id":2,"name":"n"}]}""");

        Assert.IsType<ReconciledDone>(await sut.ReconcileAsync("things.create", new { name = "n" }));
    }

    [Fact]
    public async Task ReconcileAsync_SystemCannotBeAsked_IsUnknown()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, "{}", 500);

        Assert.IsType<ReconcileUnknown>(await _sut.ReconcileAsync("things.create", new { name = "n" }));
    }

    [Fact]
    public async Task ReconcileAsync_OperationThatMayBeRepeated_MayBeSentAgainWithoutALookUp()
    {
        Assert.IsType<ReconciledNotDone>(await _sut.ReconcileAsync("things.put", new { id = "7" }));
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task ReconcileAsync_LookUpNotSwitchedOn_IsMadeAllTheSame()
    {
        _sut.Instance = _sut.Instance with { Operations = ["things.create"] };
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"things":[{"id":2,"name":"n"}]}""");

        Assert.IsType<ReconciledDone>(await _sut.ReconcileAsync("things.create", new { name = "n" }));
    }
}
