using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using Steward.Storage.GrainState;

namespace Steward.Storage.Tests.GrainState;

/// <summary>What grain storage must do on every database.</summary>
public abstract class GrainStorageTests(StorageFixture fixture)
{
    private readonly GrainId _grain = GrainId.Create("tenant", $"t-{Guid.NewGuid():n}");

    private protected abstract IGrainStateStore States { get; }

    private protected StorageBackend Backend => fixture.Services.GetRequiredService<StorageBackend>();

    private StewardGrainStorage Storage => new("Default", States, new JsonGrainStateSerializer(), TimeProvider.System);

    [Fact]
    public async Task Read_NeverWritten_GivesANewState()
    {
        var state = new GrainState<Counter> { State = new Counter { Value = 9 }, ETag = "7", RecordExists = true };

        await Storage.ReadStateAsync("counter", _grain, state);

        Assert.Equal((0, null, false), (state.State!.Value, state.ETag, state.RecordExists));
    }

    [Fact]
    public async Task Write_ThenRead_GivesTheSame()
    {
        var written = await WriteAsync(5, "Grüße 🧪 <&>\u2028");

        var read = await ReadAsync();

        Assert.Equal((5, "Grüße 🧪 <&>\u2028", "1", true), (read.State!.Value, read.State.Text, read.ETag, read.RecordExists));
        Assert.Equal(("1", true), (written.ETag, written.RecordExists));
    }

    [Fact]
    public async Task Write_Again_CountsTheETagUp()
    {
        var state = await WriteAsync(1);
        state.State!.Value = 2;
        await Storage.WriteStateAsync("counter", _grain, state);

        Assert.Equal("2", state.ETag);
        Assert.Equal((2, "2"), ((await ReadAsync()).State!.Value, (await ReadAsync()).ETag));
    }

    [Fact]
    public async Task Write_StaleETag_ThrowsAndChangesNothing()
    {
        var first = await WriteAsync(1);
        var second = await ReadAsync();
        await Storage.WriteStateAsync("counter", _grain, first);
        second.State!.Value = 99;

        var exception = await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("counter", _grain, second));

        Assert.Equal(("2", "1"), (exception.StoredEtag, exception.CurrentEtag));
        Assert.Equal("1", second.ETag);
        Assert.Equal(1, (await ReadAsync()).State!.Value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("-1")]
    [InlineData("not a version")]
    public async Task Write_ETagThatIsNotTheStoredOne_Throws(string? etag)
    {
        await WriteAsync(1);

        await Assert.ThrowsAsync<InconsistentStateException>(() =>
            Storage.WriteStateAsync("counter", _grain, new GrainState<Counter> { State = new Counter(), ETag = etag }));
    }

    [Fact]
    public async Task Write_ETagWithoutARecord_Throws() =>
        await Assert.ThrowsAsync<InconsistentStateException>(() =>
            Storage.WriteStateAsync("counter", _grain, new GrainState<Counter> { State = new Counter(), ETag = "1" }));

    [Fact]
    public async Task Write_ManyNewAtOnce_LetsOneThrough()
    {
        var failures = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() => Record.ExceptionAsync(() => WriteAsync(i)))));

        Assert.Equal(1, failures.Count(failure => failure is null));
        Assert.Equal(9, failures.Count(failure => failure is InconsistentStateException));
        Assert.Equal("1", (await ReadAsync()).ETag);
    }

    [Fact]
    public async Task Clear_Written_KeepsTheETagCounting()
    {
        var state = await WriteAsync(5);

        await Storage.ClearStateAsync("counter", _grain, state);

        Assert.Equal((0, "2", false), (state.State!.Value, state.ETag, state.RecordExists));
        var read = await ReadAsync();
        Assert.Equal((0, "2", false), (read.State!.Value, read.ETag, read.RecordExists));
        await Storage.WriteStateAsync("counter", _grain, read);
        Assert.Equal(("3", true), (read.ETag, read.RecordExists));
    }

    [Fact]
    public async Task Clear_NeverWritten_DoesNothing()
    {
        var state = new GrainState<Counter> { State = new Counter { Value = 5 } };

        await Storage.ClearStateAsync("counter", _grain, state);

        Assert.Equal((0, null, false), (state.State!.Value, state.ETag, state.RecordExists));
    }

    [Fact]
    public async Task Clear_WithoutHavingRead_ClearsWhatIsThere()
    {
        await WriteAsync(5);

        await Storage.ClearStateAsync("counter", _grain, new GrainState<Counter> { State = new Counter() });

        Assert.False((await ReadAsync()).RecordExists);
    }

    [Fact]
    public async Task Clear_StaleETag_ThrowsAndChangesNothing()
    {
        var first = await WriteAsync(1);
        var second = await ReadAsync();
        await Storage.WriteStateAsync("counter", _grain, first);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("counter", _grain, second));
        Assert.True((await ReadAsync()).RecordExists);
    }

    [Fact]
    public async Task Write_OtherNameStateOrGrain_IsAnotherState()
    {
        await WriteAsync(1);
        var other = new StewardGrainStorage("Other", States, new JsonGrainStateSerializer(), TimeProvider.System);

        foreach (var (storage, name, grain) in new[]
        {
            (other, "counter", _grain), (Storage, "COUNTER", _grain), (Storage, "counter", GrainId.Create("tenant", "T" + _grain.Key.ToString()![1..])),
            (Storage, "counter", GrainId.Create("session", _grain.Key.ToString()!)),
        })
        {
            var state = new GrainState<Counter>();
            await storage.ReadStateAsync(name, grain, state);
            Assert.False(state.RecordExists);
        }
    }

    [Fact]
    public async Task Write_KeysThatLookLikeHex_AreDifferentGrains()
    {
        var key = Guid.NewGuid().ToString("n");
        string[] keys = [key, key.ToUpperInvariant(), "0" + key, "00" + key];
        for (var i = 0; i < keys.Length; i++)
        {
            await Storage.WriteStateAsync("counter", GrainId.Create("tenant", keys[i]), new GrainState<Counter> { State = new Counter { Value = i } });
        }

        for (var i = 0; i < keys.Length; i++)
        {
            var state = new GrainState<Counter>();
            await Storage.ReadStateAsync("counter", GrainId.Create("tenant", keys[i]), state);
            Assert.Equal(i, state.State!.Value);
        }
    }

    [Fact]
    public async Task Write_LargeState_ComesBack()
    {
        var text = new string('\u6f22', 700_000);
        await WriteAsync(1, text);

        Assert.Equal(text, (await ReadAsync()).State!.Text);
    }

    [Fact]
    public async Task Write_ValueTypeAndText_ComeBack()
    {
        await Storage.WriteStateAsync("number", _grain, new GrainState<int> { State = 7 });
        await Storage.WriteStateAsync("text", _grain, new GrainState<string> { State = "seven" });
        var number = new GrainState<int>();
        var text = new GrainState<string>();
        await Storage.ReadStateAsync("number", _grain, number);
        await Storage.ReadStateAsync("text", _grain, text);

        Assert.Equal((7, "seven"), (number.State, text.State));
    }

    [Fact]
    public async Task Write_StoredPayload_IsJsonThatPeopleCanRead()
    {
        await WriteAsync(5, "ä");

        var stored = await States.ReadAsync(new StateKey("Default", "counter", _grain.ToString()), CancellationToken.None);

        Assert.Equal("""{"Value":5,"Text":"ä"}""", Encoding.UTF8.GetString(stored!.Payload!));
    }

    private async Task<GrainState<Counter>> WriteAsync(int value, string text = "")
    {
        var state = new GrainState<Counter> { State = new Counter { Value = value, Text = text } };
        await Storage.WriteStateAsync("counter", _grain, state);
        return state;
    }

    private async Task<GrainState<Counter>> ReadAsync()
    {
        var state = new GrainState<Counter>();
        await Storage.ReadStateAsync("counter", _grain, state);
        return state;
    }
}

/// <summary>A state of a grain.</summary>
[GenerateSerializer]
public sealed class Counter
{
    [Id(0)]
    public int Value { get; set; }

    [Id(1)]
    public string Text { get; set; } = "";
}

public sealed class SqliteGrainStorageTests(SqliteStorageFixture fixture) : GrainStorageTests(fixture), IClassFixture<SqliteStorageFixture>
{
    private protected override IGrainStateStore States => new SqliteGrainStateStore(Backend.Sqlite!);
}

public sealed class PostgreSqlGrainStorageTests(PostgreSqlStorageFixture fixture) : GrainStorageTests(fixture), IClassFixture<PostgreSqlStorageFixture>
{
    private protected override IGrainStateStore States => new PostgreSqlGrainStateStore(Backend.PostgreSql!);
}
