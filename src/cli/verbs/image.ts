// sampan image: the images of a cluster, which all its nodes share.

import { agentOf } from '../agent-of.ts'
import { renderImages } from '../render-images.ts'
import { jsonOption, nameOption, type Verb } from '../verb.ts'

export const imagePull: Verb = {
  name: 'image pull',
  takes: '<images...>',
  help: 'pull images from their registries',
  options: [nameOption],
  async run(context, values, images) {
    const { out, clock } = context
    const agent = await agentOf(context, values)
    for (const image of images) {
      const startedAtMs = clock.now().getTime()
      out.busy(`pulling ${image}`)
      out.print(await agent.pullImage(image, (text) => out.busy(text)))
      out.step(`pulled ${image}`, clock.now().getTime() - startedAtMs)
    }
    return 0
  },
}

export const imageList: Verb = {
  name: 'image list',
  help: 'the images that the nodes have',
  options: [nameOption, jsonOption],
  async run(context, values) {
    const images = await (await agentOf(context, values)).listImages()
    if (values['json']) context.out.json(images)
    else context.out.print(renderImages(images))
    return 0
  },
}

export const imageRemove: Verb = {
  name: 'image remove',
  takes: '<images...>',
  help: 'remove images from the nodes',
  options: [nameOption],
  async run(context, values, images) {
    const agent = await agentOf(context, values)
    for (const image of images) await agent.removeImage(image)
    return 0
  },
}
