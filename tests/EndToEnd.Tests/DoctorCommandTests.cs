using System.Diagnostics;

namespace Steward.EndToEnd.Tests;

/// <summary><c>steward doctor</c> as an operator runs it.</summary>
public sealed class DoctorCommandTests : IDisposable
{
    private readonly TemporaryDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [NativeFact]
    public async Task Doctor_Models_AreNamedOrSaidToBeMissingOrRefused()
    {
        var refused = Directory.CreateDirectory(Path.Combine(_data.Path, "bad", "broken")).FullName;
        await File.WriteAllTextAsync(Path.Combine(refused, "model.json"), "{");

        Assert.Matches("ok +inference +.*tiny-topics", await RunAsync(Path.Combine(AppContext.BaseDirectory, "tiny")));
        Assert.Matches("missing +inference +no models in ", await RunAsync(Path.Combine(_data.Path, "none")));
        Assert.Matches("broken +inference +broken in .* is refused: ", await RunAsync(Path.Combine(_data.Path, "bad")));
    }

    private async Task<string> RunAsync(string models)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "doctor", "--data", _data.Path]) { RedirectStandardOutput = true, WorkingDirectory = _data.Path };
        start.Environment["Steward__Inference__ModelDirectory"] = models;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return await output;
    }
}
