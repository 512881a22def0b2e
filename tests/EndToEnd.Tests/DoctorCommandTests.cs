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

    [Theory]
    [InlineData("Threads", "-1")]
    [InlineData("Provider", "nobody")]
    [InlineData("ModelDirectory", "")]
    public async Task Doctor_SettingsOfInferenceAreWrong_SaysSoAndGoesOn(string setting, string value)
    {
        var output = await RunAsync(_data.Path, (setting, value));

        Assert.Matches("broken +inference +the settings cannot be used: ", output);
        Assert.Matches("(?m)^\\w+ +GPU ", output);
    }

    private async Task<string> RunAsync(string models, params (string Setting, string Value)[] more)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "doctor", "--data", _data.Path]) { RedirectStandardOutput = true, WorkingDirectory = _data.Path };
        start.Environment["Steward__Inference__ModelDirectory"] = models;
        foreach (var (setting, value) in more)
        {
            start.Environment[$"Steward__Inference__{setting}"] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return await output;
    }
}
