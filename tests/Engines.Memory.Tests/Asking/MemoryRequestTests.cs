using Steward.Engines.Memory.Asking;

namespace Steward.Engines.Memory.Tests.Asking;

public class MemoryRequestTests
{
    [Theory]
    [InlineData("What do you remember about me?")]
    [InlineData("what do you know about me")]
    [InlineData("So, what have you stored about me?")]
    [InlineData("Tell me what you remember about me.")]
    [InlineData("show me my memories")]
    [InlineData("Do you remember anything about me?")]
    [InlineData("Was weißt du über mich?")]
    public void Read_AsksWhatIsRemembered_IsTold(string text) => Assert.Equal(MemoryRequestKind.Tell, MemoryRequest.Read(text)!.Kind);

    [Theory]
    [InlineData("forget my manager", "my manager")]
    [InlineData("Please forget that I am allergic to nuts.", "I am allergic to nuts")]
    [InlineData("forget about my desk", "my desk")]
    public void Read_WantsSomethingForgotten_SaysWhat(string text, string about) => Assert.Equal(new MemoryRequest(MemoryRequestKind.Forget, about), MemoryRequest.Read(text));

    [Theory]
    [InlineData("forget everything about me", MemoryRequestKind.ForgetAll)]
    [InlineData("Please delete all you know about me!", MemoryRequestKind.ForgetAll)]
    [InlineData("forget me", MemoryRequestKind.ForgetAll)]
    [InlineData("Please clear your memory of me.", MemoryRequestKind.ForgetAll)]
    [InlineData("delete all my memories", MemoryRequestKind.ForgetAll)]
    [InlineData("Vergiss alles über mich!", MemoryRequestKind.ForgetAll)]
    [InlineData("Bitte vergiss alles, was du von mir weißt", MemoryRequestKind.ForgetAll)]
    [InlineData("Yes, forget everything about me.", MemoryRequestKind.ForgetAllForSure)]
    public void Read_WantsEverythingForgotten_IsAskedFirst(string text, MemoryRequestKind kind) => Assert.Equal(kind, MemoryRequest.Read(text)!.Kind);

    [Theory]
    [InlineData("my manager is John Roe", "manager", "John Roe")]
    [InlineData("No, that's wrong. My cost centre is now 4711.", "cost centre", "4711")]
    [InlineData("Actually, my office is Porto!", "office", "Porto")]
    public void ReadCorrection_ASlotByItsName_HasTheValue(string text, string slot, string value) => Assert.Equal(new MemoryRequest(MemoryRequestKind.Correct, value, slot), MemoryRequest.ReadCorrection(text));

    [Theory]
    [InlineData("my manager is not John Roe")]
    [InlineData("my manager is John Roe, please add him to the ticket")]
    [InlineData("my manager is John Roe and my office is Porto")]
    [InlineData("my office is Porto from Monday on")]
    [InlineData("my laptop is broken")]
    [InlineData("my manager is who?")]
    [InlineData("my likes is tea")]
    [InlineData("my dog is Rex")]
    [InlineData("Ben's manager is John Roe")]
    [InlineData("")]
    public void ReadCorrection_AnythingElse_IsNone(string text) => Assert.Null(MemoryRequest.ReadCorrection(text));

    [Theory]
    [InlineData("forget it")]
    [InlineData("Forget that.")]
    [InlineData("forget the last request")]
    [InlineData("I forgot my password")]
    [InlineData("don't forget to reset my password")]
    [InlineData("what do you know about VPN?")]
    [InlineData("What do you remember about me and why is my laptop slow?")]
    [InlineData("my manager asked what you know about me\nand so on")]
    [InlineData("")]
    public void Read_AboutSomethingElse_IsNone(string text) => Assert.Null(MemoryRequest.Read(text));
}
