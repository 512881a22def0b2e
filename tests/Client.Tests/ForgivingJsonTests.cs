using System.Text.Json;
using Steward.Client.Http;

namespace Steward.Client.Tests;

public class ForgivingJsonTests
{
    private const string Newer = """{"source":"handbook","version":3,"since":"of a newer gateway"}""";

    [Fact]
    public void Forgiving_MemberThatIsNotKnown_IsPassedOver() =>
        Assert.Equal(("handbook", 3L), JsonSerializer.Deserialize(Newer, ModelWireJson.Forgiving.ModelSourceResource) is { } read ? (read.Source, read.Version) : default);

    [Fact]
    public void Strict_MemberThatIsNotKnown_IsRefused() => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(Newer, ModelWireJson.Default.ModelSourceResource));

    [Fact]
    public void Forgiving_OfMemoriesAndTrials_PassesOverToo()
    {
        Assert.Equal("o-1", JsonSerializer.Deserialize("""{"operationId":"o-1","later":1}""", MemoryWireJson.Forgiving.EraseMemoryRequest)!.OperationId);
        Assert.Equal(["a"], JsonSerializer.Deserialize("""{"names":["a"],"later":1}""", ModelTrialsWireJson.Forgiving.NameListResource)!.Names);
    }
}
