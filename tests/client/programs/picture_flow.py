import genmux

client = genmux.Client("mps")
said = "A beautiful sunset over mountains, photorealistic, 4K"
image = client.images.create(said, model="Hunyuan/3.0", enhance_prompt=True)
image.wait(on_progress=lambda task: print(task.state))
print(image.result.url)
