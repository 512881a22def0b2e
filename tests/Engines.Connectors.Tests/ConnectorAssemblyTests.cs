using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Sdk;

namespace Steward.Engines.Connectors.Tests;

public sealed class ConnectorAssemblyTests
{
    private static string Own => typeof(ConnectorAssemblyTests).Assembly.Location;

    [Fact]
    public void Load_AssemblyWithAConnector_GivesItWithItsServices()
    {
        using var services = new ServiceCollection().AddSingleton(TimeProvider.System).BuildServiceProvider();
        var connector = Assert.Single(ConnectorAssemblies.Load(Own, services));

        Assert.Equal("loaded", connector.Name);
    }

    [Theory]
    [InlineData("relative.dll", "full path")]
    [InlineData("/nothing/there.dll", "full path")]
    [InlineData("core", "no public class")]
    [InlineData("text", "cannot be loaded")]
    public void Options_AssemblyThatIsNone_StopsTheStartAndSaysWhy(string assembly, string why)
    {
        var text = Path.GetTempFileName();
        File.WriteAllText(text, "no assembly");
        var path = assembly switch { "core" => typeof(TypedConnector).Assembly.Location, "text" => text, _ => assembly };
        using var services = new ServiceCollection().AddStewardConnectors(options => options.Assemblies.Add(path)).BuildServiceProvider();
        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<ConnectorsOptions>>().Value);
        File.Delete(text);

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Contains("Steward:Connectors:Assemblies", error.Message, StringComparison.Ordinal);
    }
}

/// <summary>Found by the test above.</summary>
public sealed class LoadedConnector(TimeProvider time) : TypedConnector
{
    public override string Name => "loaded";

    public override Task<System.Text.Json.JsonElement> ExecuteAsync(TypedCall call) => Task.FromResult(System.Text.Json.JsonSerializer.SerializeToElement(new { at = time.GetUtcNow() }));
}
