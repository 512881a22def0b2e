using System.Text;

namespace Steward.EndToEnd.Tests;

/// <summary>The scan that the story of secrets rests on finds what it is meant to find.</summary>
public sealed class SecretScanTests
{
    private const string Secret = "s3cr3t+/=Value?of-40 characters\"äö";

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("ab")]
    [InlineData("abc")]
    public void Find_SecretWithinALongerText_IsFoundInEveryForm(string before)
    {
        var scan = new SecretScan([("it", Secret)]);
        var bytes = Encoding.UTF8.GetBytes($"{before}:{Secret}:after");

        Assert.Contains("it (plain)", scan.Find(bytes));
        Assert.NotEmpty(scan.Find(Encoding.Unicode.GetBytes($"{before}{Secret}")));
        Assert.NotEmpty(scan.Find(Convert.ToBase64String(bytes)));
        Assert.NotEmpty(scan.Find(System.Buffers.Text.Base64Url.EncodeToString(bytes)));
        Assert.NotEmpty(scan.Find(Convert.ToHexString(bytes)));
        Assert.NotEmpty(scan.Find($"?x={Uri.EscapeDataString(before + Secret)}"));
        Assert.NotEmpty(scan.Find(System.Text.Json.JsonSerializer.Serialize(before + Secret)));
        Assert.Empty(scan.Find(Encoding.UTF8.GetBytes($"{before}:{Secret[..^3]}:after")));
    }
}
